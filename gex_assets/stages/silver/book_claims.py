"""When records of an instrument are read: from the form that tables have to the one that order books take."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gex_assets.kernels.order_book.books import MISSING, Claims
from gex_assets.stages.instrument_claims import instrument_claims

__all__ = ["claims_of_instruments", "claims_of_rows"]

_COLUMN: Final = "claims"


def claims_of_instruments(instruments: pa.Table) -> Claims | None:
    """The claims of rows of `bronze_option_instruments`, one per instrument and stretch; None without such a column."""
    if _COLUMN not in instruments.column_names:
        return None
    return claims_of_rows(instrument_claims(instruments))


def claims_of_rows(claims: pa.Table) -> Claims:
    """Rows of `schemas.vendor_shapes.CLAIMED` as arrays."""
    return Claims(
        instrument_id=claims["instrument_id"].to_numpy().astype(np.uint32),
        ts_start=claims["ts_start"].to_numpy(),
        ts_end=claims["ts_end"].to_numpy(),
        ts_complete=pc.fill_null(claims["ts_complete"], MISSING).to_numpy(),
    )
