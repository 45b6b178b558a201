"""What the tables and the calculator for a caller's chain share: arrays in, arrays out.

Gamma's volatility, levels of a chain, zero gamma, changes of net exposure, standard errors, regimes. A formula that both need
goes here; tables and Arrow belong to `stages`, single formulas without a chain to `kernels`.
"""
