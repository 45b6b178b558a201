"""What is known before a session begins, from definitions, open interest and settlement prices alone: `open_levels`."""
