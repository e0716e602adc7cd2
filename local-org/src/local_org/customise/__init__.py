"""Objects and fields made while the org runs, as the Tooling and Metadata APIs make them.

==============  ==========================================================================
module          what is in it
==============  ==========================================================================
`service`       `Customiser`: create, change, delete, read back
`kept`          the metadata as the org's file remembers it
`fields`        definition of a field from its metadata, type by type
`objects`       definition of an object from its metadata
`formulas`      formula and roll-up fields as SQL
`names`         API names
`errors`        refusals
==============  ==========================================================================
"""

from __future__ import annotations

from local_org.customise.errors import MetadataError
from local_org.customise.kept import CustomField, CustomObject
from local_org.customise.service import Customiser

__all__ = ["CustomField", "CustomObject", "Customiser", "MetadataError"]
