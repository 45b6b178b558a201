"""The brief of a session: what published tables know of its levels, its night and its regime, and what is missing.

A terminal's text (`report`), a page (`pages`) and a notice are drawn from it. Nothing is computed here but shares, differences
and sums of what the tables hold.
"""
