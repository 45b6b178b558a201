"""The third step of `analyze`: forwards, volatilities and greeks of a caller's chain, and what stands for missing values.

`priced_chain` puts it together. `volatilities` has the one rule for a strike's volatility, over the `strike_ladder` of calls and
puts side by side. `placeholders` and `published_gammas` judge what a chain gives. `futures` is the axis of several futures.
"""
