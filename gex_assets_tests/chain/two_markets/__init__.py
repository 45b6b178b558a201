"""Tests of an index chain on a future's axis."""
