"""What vectors are made of: strike slots, look-backs, the vacuum, triggers and outcomes."""
