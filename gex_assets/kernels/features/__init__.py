"""Features and labels of trigger vectors: strike slots, runs, look-backs, the vacuum, triggers and outcomes."""
