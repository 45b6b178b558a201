"""Facts of the market, each with its source: products, symbols, expirations, sessions, holidays, listed options.

A new product is an entry of `products.PRODUCTS`. Standard library only; assumptions are in `conventions`.
"""
