"""Options that ended between two openings, where no file of the date names them any more.

On a Sunday or a holiday definitions no longer list what expired on the trade date before. Its earlier statistics still do, by
symbol: that is enough to say what ended.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date
from itertools import count
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from gex_assets.schemas.bronze_option_instruments import BRONZE_OPTION_INSTRUMENTS
from gex_assets.schemas.vendor_shapes import CLAIMED, SEEN_INSTRUMENTS
from gex_assets.stages.bronze.instrument_names import option_names
from gex_assets.stages.bronze.instruments import option_instruments

__all__ = ["ended_options"]

_ALL: Final = "all"


def ended_options(
    statistics: Sequence[pa.Table],
    *,
    instruments: pa.Table,
    product: str,
    families: Collection[str],
    day: date,
    ts_from: int,
    ts_to: int,
) -> pa.Table:
    """List the options that ended in (ts_from, ts_to] and are not among the instruments.

    Parameters
    ----------
    statistics : rows of `vendor_shapes.STATISTICS`.
    instruments : rows of `BRONZE_OPTION_INSTRUMENTS`: what the date's own files name.
    product : whose symbols.
    families : those kept.
    day : the date by which one-digit years are read.
    ts_from, ts_to : the two openings. [UNIX ns UTC]

    Returns
    -------
    Rows of `BRONZE_OPTION_INSTRUMENTS`, terms by symbol, by instrument id. Ids are such as no instrument has, by symbols in
    order: the venue's hold on their own date only.
    """
    named = set(instruments["raw_symbol"].to_pylist())
    said = {symbol for table in statistics for symbol in pc.unique(table["raw_symbol"].cast(pa.string())).to_pylist()}
    taken = set(instruments["instrument_id"].to_pylist())
    free = (number for number in count(1) if number not in taken)
    symbols = sorted(symbol for symbol in said if symbol is not None and symbol not in named)
    mapped = pa.table({"instrument_id": [next(free) for _ in symbols], "raw_symbol": pa.array(symbols, pa.string())})
    names = option_names(mapped=[mapped], definitions=None, product=product, day=day, families=families, tally=Counter())
    found = option_instruments(
        names=names,
        definitions=None,
        seen=SEEN_INSTRUMENTS.empty_table(),
        claims=CLAIMED.empty_table(),
        day=day,
        max_dte=0,
        expirations=_ALL,
        tally=Counter(),
    )
    expires = found["ts_expiration"]
    ended = pc.and_(pc.greater(expires, ts_from), pc.less_equal(expires, ts_to))
    return found.filter(ended) if found.num_rows else BRONZE_OPTION_INSTRUMENTS.empty()
