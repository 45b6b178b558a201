"""Levels as people take them away: as a table, for a program, and in the forms that charting programs read."""
