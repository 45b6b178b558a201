"""Records of a stretch of time: scanned for faults, sorted by instrument."""
