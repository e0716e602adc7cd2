"""`python -m target_salesforce_abm` is the command `target-salesforce-abm`."""

from __future__ import annotations

from target_salesforce_abm.target import main

if __name__ == "__main__":
    main()
