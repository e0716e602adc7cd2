"""The tap's streams.

base            what they share: emission, STATE after the rows it covers, failing alone
sobject         one object of the org
report          one report
unreadable      a stream of the catalog that is not there any more
account_domain  the web domain each Account is verified for
"""
