"""The vendor's files in the lake: layout, sidecars, verification, merging, reference data.

A new kind of file gets its place in `layout.py` and its record layout in `lake/dbn/records.py`.
"""
