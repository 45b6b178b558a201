"""The sample's futures: ladder, market and feed."""
