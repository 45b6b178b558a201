"""What was published, held against what is known to be true: questions about the method, asked of days whose truth is at hand.

Reads published tables and the sample's truth, computes baselines by name, publishes nothing and never runs an asset; it does not
know Dagster. How an answer is shown is `report`'s.
"""
