"""Black-76, implied volatility, the smile and the parity forward."""
