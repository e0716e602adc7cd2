"""The `salesforce-abm` command: what people use around the tap and the target.

program    the click group: log level, one-line errors, exit codes
login      sign in with a browser, or make a key for the JWT flow
config     settings of a command, from a file or the environment
output     tables, JSON, progress
check      who is signed in, and may they do what the plugins need
provision  make the fields and permissions the target needs
report     run reports as one HTML page
"""

from __future__ import annotations

from salesforce_abm.cli.check import check
from salesforce_abm.cli.login import login
from salesforce_abm.cli.program import main
from salesforce_abm.cli.provision import provision
from salesforce_abm.cli.report import report

__all__ = ["main"]

main.add_command(login)
main.add_command(check)
main.add_command(provision)
main.add_command(report)
