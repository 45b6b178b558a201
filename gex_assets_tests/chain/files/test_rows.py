from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gex_assets.chain.chain_warnings import Warnings
from gex_assets.chain.files.file_request import FileRequest
from gex_assets.chain.files.rows import (
    NO_EXPIRATION,
    chain_file,
    expirations_ns,
    fill_from_other_right,
    option_symbols,
    without_sentinels,
)
from gex_assets.chain.files.selection import plain_symbol
from gex_assets.errors import ChainError
from gex_assets_tests.chain.files.made_up_files import codes, read
from gex_assets_tests.chain.made_up_chains import quotes, rows

CHAIN = rows()


def test_options_on_something_else_and_adjusted_ones_are_left_out(tmp_path: Path) -> None:
    document = json.loads(quotes(CHAIN))
    document["data"]["options"] += [
        {"option": symbol, "open_interest": 5, "gamma": 0.1} for symbol in ("SPX1260116C06000000", "VIX260121C00020000", "SPX?")
    ]
    found = read(tmp_path, json.dumps(document))
    assert len(found) == len(CHAIN)
    assert {"adjusted", "other_underlying", "unknown_symbol"} <= set(codes(found))


def test_a_saturday_is_the_friday_before_it(tmp_path: Path) -> None:
    document = {"data": {"symbol": "SPX", "options": [{"option": "SPX120218C01300000", "open_interest": 1, "gamma": 0.01}]}}
    found = read(tmp_path, json.dumps(document))
    assert found.columns["expiration"].tolist() == [int(datetime(2012, 2, 17, 14, 30, tzinfo=UTC).timestamp()) * 10**9]
    assert codes(found) == ["expiration_on_a_closed_day"]


def columns_of(**values: list[Any]) -> dict[str, Any]:
    return {name: np.array(column) for name, column in values.items()}


def texts(warnings: Warnings) -> dict[str, str]:
    return {str(warning): warning.text for warning in warnings.all()}


def test_symbols_are_taken_apart() -> None:
    found = option_symbols(
        ["SPXW260106C06000000", " o:spy260116p00599500", "ESH6 C6000", None, "SPX261399C06000000", "BRK.B260116C00500000"]
    )
    assert found.known.tolist() == [True, True, False, False, False, True]
    assert [found.root[n] for n in (0, 1, 5)] == ["SPXW", "SPY", "BRK.B"]
    assert found.day[:4] == [date(2026, 1, 6), date(2026, 1, 16), None, None]
    assert found.is_call.tolist()[:2] == [True, False]
    assert found.strike[:2].tolist() == [6000.0, 599.5]
    assert np.isnan(found.strike[2:5]).all()
    dotted = option_symbols([".SPXW260116C6600", ".spy260116p600.5", "SPXW260116C6600", ".SPXW260116C06600000"])
    assert dotted.known.tolist() == [True, True, False, True]
    assert (dotted.root[:2], dotted.strike[:2].tolist()) == (["SPXW", "SPY"], [6600.0, 600.5])


def test_expirations_by_root_and_day() -> None:
    warnings = Warnings()
    found = expirations_ns(["SPX", "SPXW", None, "SPX"], [date(2026, 1, 16)] * 3 + [None], warnings=warnings)
    opening = int(datetime(2026, 1, 16, 14, 30, tzinfo=UTC).timestamp()) * 10**9
    assert found.tolist() == [opening, opening + int(6.5 * 3600) * 10**9, opening + int(6.5 * 3600) * 10**9, NO_EXPIRATION]
    assert warnings.all() == ()
    expirations_ns(["SPX", "SPX"], [date(2026, 1, 17), date(2026, 1, 16)], warnings=warnings)
    assert texts(warnings)["expiration_on_a_closed_day"].startswith("1 of 2 options expire on a day without trading (2026-01-17)")


def test_placeholders_become_missing() -> None:
    columns = columns_of(iv=[0.2, 0.0, -1.0, 0.3], gamma=[0.01, 0.02, 0.03, 0.04], bid=[1.0, 1.0, 1.0, -999.0])
    warnings = Warnings()
    without_sentinels(columns, delta=np.array([0.5, 0.5, 0.5, -999.0]), warnings=warnings)
    assert columns["iv"].tolist()[:3] == [0.2, 0.0, -1.0]
    assert np.isnan(columns["iv"][3])
    assert columns["gamma"].tolist()[:3] == [0.01, 0.02, 0.03]
    assert np.isnan(columns["gamma"][3])
    assert np.isnan(columns["bid"][3])
    assert texts(warnings)["no_greeks"].startswith("1 of 4 options")


def test_the_other_right_is_that_of_the_same_strike_and_expiration() -> None:
    columns = columns_of(
        strike=[6000.0, 6000.0, 6000.0, 6010.0, 6010.0, 6020.0, 6020.0],
        right=["C", "P", "P", "C", "C", "P", "C"],
        expiration=[1, 1, 2, 1, 1, 1, 2],
        iv=[0.2, np.nan, np.nan, 0.3, np.nan, 0.4, np.nan],
    )
    warnings = Warnings()
    fill_from_other_right(columns, warnings=warnings)
    filled = columns["iv"].astype(float)
    assert filled[[0, 1, 3, 5]].tolist() == [0.2, 0.2, 0.3, 0.4]
    # another expiration, the same right twice, another expiration again
    assert np.isnan(filled[[2, 4, 6]]).all()
    assert texts(warnings)["iv_of_the_other_right"].startswith("1 of 7 options")


@pytest.mark.parametrize("symbol", ["SPX", "SPXW"])
def test_options_on_another_underlying_are_left_out(symbol: str) -> None:
    given: dict[str, Any] = {"file": "a", "form": "b", "spot": None, "as_of": None}
    columns = columns_of(strike=[1.0, 2.0, 3.0, 4.0, 5.0], expiration=[7, 7, 7, 7, NO_EXPIRATION])
    roots = ["SPXW", "SPX", "SPY", "SPX1", "SPX"]
    with pytest.raises(ChainError, match=r"Expected one underlying, was 2 in a \(SPX, SPY\): pick one with --symbol"):
        chain_file(**given, symbol=None, columns=columns, roots=roots, warnings=Warnings())
    found = chain_file(
        **given, symbol="SPX", columns=columns, roots=roots, warnings=Warnings(), request=FileRequest(symbol="SPX")
    )
    assert len(chain_file(**given, symbol=symbol, columns=columns, roots=roots, warnings=Warnings())) == 2
    assert (found.symbol, found.options, found.columns["strike"].tolist()) == ("SPX", 5, [1.0, 2.0])
    assert {str(one): one.text[:6] for one in found.warnings} == {
        "adjusted": "1 of 5",
        "other_underlying": "1 of 5",
        "no_expiration": "1 of 5",
    }


def test_a_chain_of_another_symbol_only_is_kept() -> None:
    """The document's name for the underlying may be another than the roots'."""
    columns = columns_of(strike=[1.0, 2.0])
    found = chain_file(
        file="a", form="b", symbol="MYINDEX", spot=None, as_of=None, columns=columns, roots=["SPX", "SPX"], warnings=Warnings()
    )
    assert len(found) == 2
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("given", "plain"),
    [
        ("^SPX", "SPX"),
        ("_spx", "SPX"),
        ("$SPX.X", "SPX"),
        ("$DJX.", "DJX"),
        ("I:NDX", "NDX"),
        ("BRK.B", "BRK.B"),
        (" spy ", "SPY"),
        ("^", None),
        (7, None),
    ],
)
def test_symbols_without_their_marks(given: object, plain: str | None) -> None:
    assert plain_symbol(given) == plain
