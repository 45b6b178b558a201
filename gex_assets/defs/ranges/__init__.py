"""Ranges of days: what becomes of a day, and days in processes of their own, which one that dies does not end."""
