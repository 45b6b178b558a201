"""What the assets read of a day's delivered files: which file counts for what and when, names, definitions, statistics."""
