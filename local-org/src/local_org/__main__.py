"""`python -m local_org`."""

from local_org.cli import main

main()
