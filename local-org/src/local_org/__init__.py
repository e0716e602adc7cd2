"""A Salesforce org on your own machine, for demos and for testing Salesforce integrations.

Modules, from the ground up:

* `facts` (what standard objects look like), `schema` (objects and fields at run time), `ids`, `clock`,
`defaults`;
* `store` and `ddl` (the SQLite file), `bootstrap` (the rows an org is born with);
* `security` (who sees what), `users`, `apps`, `sessions`, `limits`;
* `dml` (every write, with Salesforce's refusals), `triggers` (what single objects add to it), `rules` and
`locks` (what an admin or bad luck adds to it);
* `customise` (objects and fields made at run time), `describe`;
* `org` (`Org`, the facade that holds all of the above);
* `soql` (queries), `cursors`, `jobs` (Bulk), `reports`, `seed`, `pages`;
* `http`, `api`, `faults`, `behaviour` (the network side), `testing` (an org inside a test), `cli`.
"""

__version__ = "0.1.0"
