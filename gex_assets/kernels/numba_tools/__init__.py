"""What numba has no function for: memory without reference counts, and caches that notice changed callees."""
