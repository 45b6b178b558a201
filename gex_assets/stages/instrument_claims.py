"""When records of the day's options are read: the claims of `bronze_option_instruments` as rows of their own."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from gex_assets.schemas.vendor_shapes import CLAIMED

__all__ = ["instrument_claims"]

_CLAIMS: Final = pa.list_(pa.struct([(name, pa.int64()) for name in CLAIMED.names[1:]]))


def instrument_claims(instruments: pa.Table) -> pa.Table:
    """Unfold the claims of instruments.

    Parameters
    ----------
    instruments : rows of `bronze_option_instruments`; at least `instrument_id` and `claims`.

    Returns
    -------
    Rows of `vendor_shapes.CLAIMED`, in the instruments' order, then by time.
    """
    claims = pa.concat_arrays([pa.array([], _CLAIMS), *(chunk.cast(_CLAIMS) for chunk in instruments["claims"].chunks)])
    stretches = claims.flatten()
    ids = instruments["instrument_id"].take(pc.list_parent_indices(claims))
    columns = [ids, *(pc.struct_field(stretches, name) for name in CLAIMED.names[1:])]
    return pa.table(dict(zip(CLAIMED.names, columns, strict=True)), schema=CLAIMED)
