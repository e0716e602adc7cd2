"""SOQL: parsed with a real grammar, answered by SQLite.

* `run`: the way in; `result`: what comes out
* `tokens`, `grammar.lark`, `parse`, `ast`: text to tree
* `names`, `expressions`: what names and functions mean, in SQL; their bricks: `sql`, `dates`, `literals`
* `filters`, `semijoins`, `ordering`, `scopes`: WHERE, HAVING, ORDER BY, USING SCOPE
* `selection`, `fields_function`, `children`, `grouped`: SELECT lists of records, of child lists, of groups
* `records`, `pages`, `output`, `encode`, `display`: finding ids, reading pages, writing values
* `columns`: what a query's columns are, without its rows
* `errors`: Salesforce's codes and message layouts; `restrictions`: objects that refuse
"""

from local_org.soql.errors import SoqlError
from local_org.soql.result import QueryResult
from local_org.soql.run import query_columns, run_query

__all__ = ["QueryResult", "SoqlError", "query_columns", "run_query"]
