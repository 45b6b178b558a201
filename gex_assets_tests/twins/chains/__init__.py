"""Slow, obvious implementations of what the calculator does with chains handed in."""
