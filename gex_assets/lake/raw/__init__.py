"""The vendor's files in the lake: layout, sidecars, verification, merging, reference data."""
