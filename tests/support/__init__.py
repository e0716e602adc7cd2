"""Helpers shared by tests; imported as `support` because `tests` is on the path."""
