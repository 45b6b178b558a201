"""Regime tables: scores, events and the history over days."""
