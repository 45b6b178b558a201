"""One module a goal: each measures, compares results first, and yields lines of the table."""
