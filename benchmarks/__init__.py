"""Benchmarks of the hot path as ratios: ours against a named baseline in the same run. Results are compared before speed.

`python -m benchmarks` (or `gex bench`) prints the table. `--write` renews RESULTS.md. Nothing of the package imports from here.
Calls into the package that are measured stand in `ours.py` alone.
"""
