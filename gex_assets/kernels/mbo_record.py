"""The vendor's MBO record as numbers: the layout of its 56 bytes, the bits of its flags, the price and the size that are none.

The one place for all three. Compiled loops, the reader, the writer and the sample market take them from here. Numpy only.
Source: Databento, "Market by order (MBO)" and "Common fields, enums and types" of the schema reference; a test compares them
with the vendor's own package.
"""

from __future__ import annotations

from typing import Final

import numpy as np

__all__ = [
    "F_BAD_TS_RECV",
    "F_LAST",
    "F_MAYBE_BAD_BOOK",
    "F_NEVER_SEEN",
    "F_PUBLISHER_SPECIFIC",
    "F_SNAPSHOT",
    "MBO_NUMBERS",
    "MBO_RTYPE",
    "UNDEF_PRICE",
    "UNDEF_SIZE",
]

F_LAST: Final = 128
"""The last record of its event for its instrument."""
F_SNAPSHOT: Final = 32
"""The record restates an order that rested before."""
F_BAD_TS_RECV: Final = 8
"""`ts_recv` is not exact."""
F_MAYBE_BAD_BOOK: Final = 4
"""A gap was met: the book may be wrong until the next snapshot."""
F_PUBLISHER_SPECIFIC: Final = 2
"""What it means is the venue's business."""
F_NEVER_SEEN: Final = 64 | 16 | 1
"""Top of book, price levels instead of orders, reserved: not in this data."""

UNDEF_PRICE: Final = 2**63 - 1
"""The price of a record without a price."""

UNDEF_SIZE: Final = 2**32 - 1
"""The size of a record without a size."""

MBO_RTYPE: Final = 160
"""The record type of MBO."""

MBO_NUMBERS: Final = np.dtype(
    [
        ("length", "u1"),
        ("rtype", "u1"),
        ("publisher_id", "<u2"),
        ("instrument_id", "<u4"),
        ("ts_event", "<u8"),
        ("order_id", "<u8"),
        ("price", "<i8"),
        ("size", "<u4"),
        ("flags", "u1"),
        ("channel_id", "u1"),
        ("action", "u1"),
        ("side", "u1"),
        ("ts_recv", "<u8"),
        ("ts_in_delta", "<i4"),
        ("sequence", "<u4"),
    ]
)
"""The record of 56 bytes, with its letters as numbers. `length` counts words of 4 bytes."""
