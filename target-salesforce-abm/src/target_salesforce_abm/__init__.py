"""target-salesforce-abm: engagement, intent and segments into Salesforce, exact and harmless."""

__version__ = "0.1.0"
