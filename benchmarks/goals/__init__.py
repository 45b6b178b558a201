"""One module per goal: each measures, compares results first, and yields lines of the table."""
