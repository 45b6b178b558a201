"""Exposure: scales, sums, walls, the profile over price, its roots and its errors."""
