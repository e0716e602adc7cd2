"""Programs to compare with; each is run as a process of its own."""
