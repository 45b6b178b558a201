"""Benchmarks of the hot path as ratios: ours against a named baseline in the same run, results compared before speed.

`python -m benchmarks` (or `gex bench`) prints the table, `--write` renews RESULTS.md. Nothing of the package imports from here;
what is measured of the package is called in `ours.py` alone.
"""
