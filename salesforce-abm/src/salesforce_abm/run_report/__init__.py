"""Run reports as one page for people: what moved, what did not and why, how fresh it is, what it cost.

read      run reports, logs and rejects files, told apart by what is in them
model     runs and rejects
summary   the numbers the page shows
words     reasons in plain words
svg       charts
page      the HTML, with style.css inside
"""

from __future__ import annotations

from salesforce_abm.run_report.page import render
from salesforce_abm.run_report.read import read_files

__all__ = ["read_files", "render"]
