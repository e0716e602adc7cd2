"""tap-salesforce-abm: Salesforce objects and reports as typed, incremental Singer streams."""

__version__ = "0.1.0"
