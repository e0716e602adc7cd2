"""SOQL: parsed with a real grammar, answered by SQLite.

* `tokens`, `grammar.lark`, `parse`, `ast`: text to tree
* `errors`: Salesforce's codes and message layouts
* `result`: what the REST and Bulk layers get
* `run`: the way in
"""

from local_org.soql.errors import SoqlError
from local_org.soql.result import QueryResult
from local_org.soql.run import run_query

__all__ = ["QueryResult", "SoqlError", "run_query"]
