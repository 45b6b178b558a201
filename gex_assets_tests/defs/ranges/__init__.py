"""Ranges of days, run by processes of their own."""
