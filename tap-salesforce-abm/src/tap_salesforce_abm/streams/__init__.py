"""The tap's streams.

base            what they share: emission, STATE after the rows it covers, failing alone
sobject         one object of the org
report          one report
account_domain  the web domain each Account is verified for
"""
