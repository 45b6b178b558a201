"""JSON of brokers, vendors and exchanges whose form is their own: a module each knows it by its keys, and makes rows of it.

Forms that only nest a chain (Polygon, Tradier, Alpaca and others) need no module: `files.nested` finds their rows. A new form is
a module here, and a line in `known_forms`.
"""
