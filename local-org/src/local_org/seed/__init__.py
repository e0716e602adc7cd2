"""Data an org starts with: `demo`, `empty`, or so many Accounts.

The same seed on the same day gives the same org, to the last letter.
"""
