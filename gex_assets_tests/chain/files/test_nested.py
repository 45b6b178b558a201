from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gex_assets.chain import ChainFile
from gex_assets.chain.files.nested import find_rows, flat
from gex_assets.errors import ChainError
from gex_assets_tests.chain.files.made_up_files import read

CALL = {"strike": 600, "right": "C", "gamma": 0.01, "oi": 10}
PUT = {"strike": 600, "right": "P", "gamma": 0.01, "oi": 20}


def sizes(found: ChainFile) -> dict[str, float]:
    return dict(zip(found.columns["right"].tolist(), found.columns["open_interest"].tolist(), strict=True))


@pytest.mark.parametrize(
    "document",
    [
        [CALL, PUT],
        {"chain": [CALL, PUT]},
        {"a": {"b": {"c": [CALL, PUT]}}},
        {"pages": [{"rows": [CALL]}, {"rows": [PUT]}]},
        {"calls": [{"strike": 600, "gamma": 0.01, "oi": 10}], "puts": [{"strike": 600, "gamma": 0.01, "oi": 20}]},
        {
            "SPY260116C00600000": {"greeks": {"gamma": 0.01}, "oi": 10},
            "SPY260116P00600000": {"greeks": {"gamma": 0.01}, "oi": 20},
        },
        {"strike": [600, 600], "side": ["call", "put"], "gamma": [0.01, 0.01], "openInterest": [10, 20], "s": "ok"},
        {"data": {"strike": [600, 600], "type": ["CE", "PE"], "gamma": [0.01, 0.01], "oi": [10, 20]}},
    ],
)
def test_rows_are_found_wherever_they_are(tmp_path: Path, document: Any) -> None:
    assert sizes(read(tmp_path, json.dumps(document))) == {"C": 10.0, "P": 20.0}


def test_what_is_said_around_the_rows_is_of_the_chain(tmp_path: Path) -> None:
    document = {
        "meta": {"timestamp": "x"},
        "quote": {"symbol": "^SPX", "underlying_price": 601.5},
        "a": {"date": "2026-01-06", "rows": [CALL]},
    }
    found = read(tmp_path, json.dumps(document))
    assert (found.symbol, found.spot) == ("SPX", 601.5)


def test_greeks_of_the_option_count_and_those_of_other_objects_do_not() -> None:
    row = {"strike": 600, "greeks": {"gamma": 0.01}, "underlying": {"bid": 599.0, "price": 600.0}, "quote": {"bid": 5.0}}
    assert flat(row) == {"strike": 600, "gamma": 0.01, "underlying_bid": 599.0, "underlying_price": 600.0, "bid": 5.0}


def test_lists_in_several_places_are_refused() -> None:
    with pytest.raises(
        ChainError, match=r"Expected one list of options in a, was several \(old, new\): keep the one that is meant"
    ):
        find_rows({"old": [CALL], "new": [PUT]}, file="a")


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"error": "no", "x": 1}, "Expected rows with strikes or option symbols in a, was an object with error, x"),
        ([{"K": 1, "cp": "C"}], "Expected rows with strikes or option symbols in a, was rows with K, cp"),
        ([1, 2], "was list"),
    ],
)
def test_without_rows_the_documents_own_keys_are_listed(document: Any, message: str) -> None:
    with pytest.raises(ChainError, match=message):
        find_rows(document, file="a")
