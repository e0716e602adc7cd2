"""What tap-salesforce-abm and target-salesforce-abm share, and the `salesforce-abm` command."""

__version__ = "0.1.0"
