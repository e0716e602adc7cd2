"""A Salesforce org on your own machine, for demos and for testing Salesforce integrations."""

__version__ = "0.1.0"
