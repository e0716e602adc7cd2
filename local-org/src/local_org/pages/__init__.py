"""The org in a browser: what a person sees at the org's address. Read only, no login on loopback.

routes     addresses (Salesforce's own Lightning addresses work) and their handlers
render     Jinja set-up, common parts of every page, errors as pages
layout     which fields and related lists a page shows, in which order and under which headings
fetch      records through SOQL, with the names behind their lookups
values     a field's value as something to show: link, amount, tick, chips
lists      list views with search, sorting and paging
records    record pages
runs       a report's run as a table
setup      the setup pages
"""
