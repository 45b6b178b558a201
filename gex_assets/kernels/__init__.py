"""Numbers in, numbers out: order book, forward, volatility, greeks, exposure, levels.

No I/O, no logging, no exceptions on data.
"""
