"""Whole runs, in processes of their own, that are killed, that meet each other, or whose disk fails."""
