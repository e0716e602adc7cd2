"""The APIs of the org, one module per Salesforce resource; each has its `routes`."""
