"""What numba does not offer by name: memory without reference counts, and caches that notice changed callees."""
