from __future__ import annotations

import pyarrow as pa

from gex_assets.schemas.bronze_option_instruments import BRONZE_OPTION_INSTRUMENTS
from gex_assets.schemas.vendor_shapes import CLAIMED
from gex_assets.stages.instrument_claims import instrument_claims


def test_claims_become_rows_in_the_instruments_order() -> None:
    type_ = BRONZE_OPTION_INSTRUMENTS.arrow_schema().field("claims").type
    said = [
        (7, [{"ts_start": 1, "ts_end": 5, "ts_complete": None}, {"ts_start": 5, "ts_end": 9, "ts_complete": 6}]),
        (3, []),
        (5, [{"ts_start": 0, "ts_end": 2, "ts_complete": 0}]),
    ]
    parts = [
        pa.table({"instrument_id": pa.array([one], pa.uint32()), "claims": pa.array([claims], type_)}) for one, claims in said
    ]
    for instruments in (pa.concat_tables(parts), pa.concat_tables(parts).combine_chunks()):
        found = instrument_claims(instruments)
        assert found.schema == CLAIMED
        assert [tuple(row.values()) for row in found.to_pylist()] == [(7, 1, 5, None), (7, 5, 9, 6), (5, 0, 2, 0)]
    assert instrument_claims(parts[0].slice(0, 0)).num_rows == 0
