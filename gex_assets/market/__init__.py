"""What an E-mini option is: products, symbols, expirations, sessions, and the named conventions. Facts with their sources."""
