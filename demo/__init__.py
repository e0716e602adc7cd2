"""`make demo`: Salesforce -> warehouse -> Salesforce, twice, on a local org."""
