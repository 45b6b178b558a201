"""The asset graph in the steps that goals name, in the order in which they are materialized."""

from __future__ import annotations

from typing import Final

__all__ = ["STEPS"]

STEPS: Final = {
    "raw": 'key:"raw_option_mbo" or key:"raw_option_definition" or key:"raw_option_statistics"',
    "instruments": 'key:"bronze_option_instruments"',
    "bronze": 'key:"bronze_option_mbo"',
    "quotes": 'key:"silver_option_quotes"',
    "rest": (
        'key:"bronze_option_statistics" or key:"raw_future_mbo" or key:"bronze_future_mbo" or key:"silver_future_quotes" '
        'or key:"silver_future_bbo"'
    ),
    "tail": 'key:"silver_forward"+',
}
"""What is materialized one after the other; the tail is everything from the forward to the regimes."""
