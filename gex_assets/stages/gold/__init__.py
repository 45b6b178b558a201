"""Gold tables: triggers, vectors, their dictionary and outcomes."""
