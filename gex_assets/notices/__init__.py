"""Notices for people who do not look at a screen: what is told of levels, regimes and runs, and how it reaches them.

Here lies what makes a notice, what keeps it until it was taken, and what sends it. `defs/` and `cli/` say when.
"""
