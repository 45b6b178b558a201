"""Another generator of feeds than the sample's, and its files."""
