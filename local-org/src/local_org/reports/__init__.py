"""Reports: their definitions, and the engine behind the Analytics API.

errors      what the API says no with
formats     labels of cells in the user's locale
dates       relative spans (`LAST_N_DAYS:30`), buckets of date groupings
standard    columns of the standard report types, by their historic names (`ACCOUNT.NAME`, `SALES`)
columns     report types of one org: standard columns and custom fields, as one user may see them
request     a report's metadata read and checked: what is to be run
filters     filters, date spans and scope as a SOQL condition
cells       one value of a row as a cell's label and value
facts       rows to groupings and fact map, pure
definitions saved reports in the store
engine      describe and run
instances   asynchronous runs and the hourly limits
excel       a run as a formatted workbook
"""
