"""The page of a brief: levels on a ladder of prices, what changed, the session so far, what rolls off, what is missing."""
