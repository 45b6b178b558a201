from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from gex_assets.chain import analyze
from gex_assets.chain.chain_warnings import Warnings
from gex_assets.chain.reading import read_chain
from gex_assets.errors import ChainError

COLUMNS: dict[str, list[Any]] = {
    "strike": [490, 500, 510],
    "right": ["P", "C", "call"],
    "gamma": [0.01, 0.02, 0.01],
    "open_interest": [100, 200, 400],
}


class OnlyArrowStream:
    """A table of another library: nothing but the Arrow PyCapsule interface."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._table.__arrow_c_stream__(requested_schema)


class OnlyInterchange:
    """A table of another library: nothing but the dataframe interchange protocol."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    def __dataframe__(self, **given: object) -> object:
        return self._table.__dataframe__(**given)


FORMS: dict[str, Any] = {
    "mapping of lists": COLUMNS,
    "mapping of arrays": {name: np.array(values) for name, values in COLUMNS.items()},
    "mapping of tuples and ranges": {**COLUMNS, "strike": range(490, 511, 10), "gamma": (0.01, 0.02, 0.01)},
    "rows": [dict(zip(COLUMNS, row, strict=True)) for row in zip(*COLUMNS.values(), strict=True)],
    "arrow table": pa.table(COLUMNS),
    "arrow chunks": pa.concat_tables([pa.table(COLUMNS).slice(0, 1), pa.table(COLUMNS).slice(1)]),
    "record batch": pa.table(COLUMNS).to_batches()[0],
    "dictionary-coded": pa.table({**COLUMNS, "right": pa.array(COLUMNS["right"]).dictionary_encode()}),
    "arrow stream": OnlyArrowStream(pa.table(COLUMNS)),
    "interchange": OnlyInterchange(pa.table(COLUMNS)),
    "pandas": pd.DataFrame(COLUMNS),
    "mapping of series": dict(pd.DataFrame(COLUMNS).items()),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_reads_the_same(form: str) -> None:
    expected = analyze(symbol="SPY", spot=500.0, chain=COLUMNS, cache=False)
    found = analyze(symbol="SPY", spot=500.0, chain=FORMS[form], cache=False)
    assert found.net_gex == expected.net_gex == pytest.approx((4 + 4 - 1) * 100 * 500 * 500 * 0.01)
    assert found.warnings == expected.warnings


@pytest.mark.parametrize("binary", ["arrow", "numpy"])
def test_texts_in_bytes_are_texts(binary: str) -> None:
    texts = [text.encode() for text in COLUMNS["right"]]
    chain = {**COLUMNS, "right": pa.array(texts, pa.binary()) if binary == "arrow" else np.array(texts)}
    found = analyze(symbol="SPY", spot=500.0, chain=chain, cache=False)
    assert found.net_gex == analyze(symbol="SPY", spot=500.0, chain=COLUMNS, cache=False).net_gex


def test_one_row_per_strike_is_two_options() -> None:
    warnings = Warnings()
    options = read_chain({"strike": [500, 505], "call_gamma": [0.1, 0.2], "call_oi": [1, 2], "put_oi": [3, 4]}, warnings=warnings)
    assert options.strike.tolist() == [500, 500, 505, 505]
    assert options.is_call.tolist() == [True, False, True, False]
    assert options.numbers["open_interest"].tolist() == [1, 3, 2, 4]
    assert options.numbers["gamma"][[0, 2]].tolist() == [0.1, 0.2]
    assert np.isnan(options.numbers["gamma"][[1, 3]]).all()
    assert warnings.all() == ()


def test_rows_may_lack_keys() -> None:
    rows = [{"strike": 500, "call_gamma": 0.01, "call_oi": 10}, {"strike": 505, "put_gamma": 0.01, "put_oi": 10}]
    found = analyze(symbol="SPY", spot=500.0, chain=rows, convention="magic8")
    assert (found.total_call_gex, found.total_put_gex) == (-5_000.0, 5_000.0)
    assert found.strikes is not None
    assert found.strikes["put_gex"].to_pylist() == [None, 5_000.0]


@pytest.mark.parametrize(
    ("chain", "message"),
    [
        (7, "Expected a table, a mapping of columns or a list of rows, was int"),
        ("chain.csv", "Expected a table, a mapping of columns or a list of rows, was str"),
        ([1, 2], "Expected row 0 of the chain as a mapping, was int"),
        ({"price": [1.0]}, "Expected a chain with a column strike, was price"),
        ({"strike": [1.0]}, "Expected a column right, or one row per strike"),
        ({"strike": [1.0, 2.0], "right": ["C"]}, "Expected columns of one length"),
        ({"strike": ["high"], "right": ["C"]}, "Expected numbers in column strike"),
        ({"strike": [1.0], "right": ["X"]}, "Expected C or P in column right, was 'X'"),
        ({"strike": [1.0], "right": [None]}, "Expected C or P in column right, was None"),
        ({"strike": [1.0], "right": "C"}, "Expected an array in column right, was str"),
        ({"strike": [1.0], "right": ["C"], "gamma": [{"a": 1}]}, "Expected numbers in column gamma"),
        ({"strike": [1.0], "right": ["C"], "expiration": ["soon"]}, "Expected a moment in ISO 8601, was 'soon'"),
        ({"strike": [1.0], "right": ["C"], "expiration": [None]}, "Expected a moment in every row of column expiration"),
        ({"strike": [1.0], "right": ["C"], "expiration": [1.5]}, "Expected dates or moments in column expiration, was 1.5"),
        ({"strike": [object()], "right": ["C"]}, "Expected a readable chain, was dict"),
    ],
)
def test_what_cannot_be_read_is_refused(chain: object, message: str) -> None:
    with pytest.raises(ChainError, match=message):
        read_chain(chain, warnings=Warnings())


def test_midnights_without_a_zone_are_dates_and_close_early_where_the_exchanges_do() -> None:
    days = ["2026-02-20", "2026-11-27"]
    expected = [1_771_621_200, 1_795_802_400]
    for column in (days, pd.to_datetime(pd.Series(days)), np.array(days, dtype="datetime64[D]")):
        options = read_chain({"strike": [1, 2], "right": ["C", "C"], "expiration": column}, warnings=Warnings())
        assert options.ts_expiration is not None
        assert (options.ts_expiration // 10**9).tolist() == expected
