"""Option chains in files: which form a file has, and the chain in it."""
