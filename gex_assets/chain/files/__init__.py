"""Option chains in files: the form of a file, and the chain in it.

`reader` finds the form, `cboe` and `tables` read one form each, `cells` and `moment_texts` read cells. `rows` makes a `ChainFile`
of what they read. A new form is a module next to `cboe`, and a line in `reader`.
"""
