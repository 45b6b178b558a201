"""What keeps published days up to date: what is stale, what making it again would read, and a check that says so by day."""
