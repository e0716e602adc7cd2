"""Makes what a configuration needs of an org, and only that.

survey       what the org has now
plan         what is missing, in order; or why it cannot be made
limits       external Ids, custom fields and long text an object has room for
grants       what the permission set must say
components   the metadata of what is made, with the mark that says who made it
layouts      fields on page layouts
apply        carry a plan out
remove       undo what was made

Nothing that this package did not make is changed: its descriptions end in a mark, and what has no mark is
used as it is or refused. The exception is page layouts, which gain a section when asked.
"""

from __future__ import annotations

from salesforce_abm.provision.apply import apply
from salesforce_abm.provision.plan import Options, Plan, Step, make_plan
from salesforce_abm.provision.remove import Removal, carry_out, plan_removal
from salesforce_abm.provision.survey import Survey, survey

__all__ = [
    "Options",
    "Plan",
    "Removal",
    "Step",
    "Survey",
    "apply",
    "carry_out",
    "make_plan",
    "plan_removal",
    "survey",
]
