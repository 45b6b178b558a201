"""The sample's options: orders, makers, customers and the feed."""
