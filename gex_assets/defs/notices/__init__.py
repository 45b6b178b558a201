"""Sensors that tell: what a published day says, a failed run, a delivery that has not come. They are off without a channel."""
