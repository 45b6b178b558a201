"""Files made to break the reader: a clear refusal, or an answer that says what is missing; never another error."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from gex_assets.chain import analyze, read_chain_file
from gex_assets.errors import ChainError

HEADER = "strike,right,oi,gamma,expiration\n"
WIDE = {f"k{n}": n for n in range(100_000)}
OPTION = '{"strike": 1, "right": "C", "oi": 1, "gamma": 1}'


@pytest.mark.parametrize(
    "text",
    [
        HEADER + "6000,C,1," + "9" * 1_000_000 + ",2026-01-16\n",
        HEADER + '6000,C,1,"' + "x\n" * 60_000 + '",2026-01-16\n',
        HEADER + "6000," * 1_000_000 + "\n",
        "strike," + ",".join(WIDE) + "\n",
        HEADER + "6000,C,1,\x1b]0;x\x07\x1b[2J,2026-01-16\n",
        *(
            HEADER + f"6000,C,1,.01,{day}\n"
            for day in ("9999-12-31", "0001-01-01", "9999-12-31T23:59:59-12:00", "9" * 40, "1e400")
        ),
        json.dumps([{"strike": 1, "right": "C", **WIDE}]),
        json.dumps([WIDE]),
        json.dumps(WIDE),
        "[" * 500_000,
        '{"a":' * 900 + "1" + "}" * 900,
        '{"a":[' * 400 + OPTION + "]}" * 400,
        '[{"strike": [1], "right": {"a": 1}, "oi": {}, "gamma": "x"}]',
        '[{"strike": 1, "right": ["C"], "oi": 1, "gamma": 1}]',
        '[{"strike": 1, "right": "C", "oi": 1, "gamma": 1, "expiration": [1]}]',
        '[{"strike": 1, "right": "C", "oi": 1, "gamma": ' + "9" * 400 + "}]",
        '{"data": {"options": [{"option": {"a": 1}}]}}',
        '{"data": {"options": [{"option": "SPX260116C06000000", "bid": ' + "9" * 400 + "}]}}",
        '{"spot": "abc", "chain": [' + OPTION + "]}",
        '{"underlyingPrice": {}, "callExpDateMap": {"x": {"y": [1, {"strikePrice": "z"}]}}, "putExpDateMap": 5}',
        '{"optionChain": {"result": [{"options": [{"calls": [5], "puts": 7}]}]}}',
        '{"optionChain": {"result": [{"options": 3, "expirationDates": 7}]}}',
        '{"optionChain": {"result": 5}}',
        '{"records": {"data": [{"CE": {"expiryDate": "29-Jan-2026"}, "strikePrice": "x"}, 5], "timestamp": 5}}',
        '{"result": [{"instrument_name": "BTC-30JAN26-90000-C", "mark_iv": "x"}, 5]}',
        '{"data": {"SPX": {"spot_price": "x", "option_chain": [5, {"strike": 1}]}}}',
        '{"data": {"SPX": {"spot_price": 5, "option_chain": []}}}',
        "[]",
        "{}",
        "[null]",
        '["a"]',
    ],
    ids=lambda text: text[:40].replace("\n", " "),
)
def test_it_is_refused_in_one_line_that_steers_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "chain").write_text(text)
    with pytest.raises(ChainError) as refused:
        read_chain_file(tmp_path / "chain")
    message = str(refused.value)
    assert message.startswith("Expected ")
    assert len(message) < 2_000
    assert message.isprintable()


def test_numbers_beyond_any_market_are_missing(tmp_path: Path) -> None:
    (tmp_path / "chain").write_text(
        "strike,right,oi,gamma\nnan,C,1,.01\n6000,C,inf,.01\n6000,P,1e308,1e308\n-5,C,1,1\n6000,P,2,.01\n"
    )
    found = analyze(symbol="SPX", spot=6000.0, chain=read_chain_file(tmp_path / "chain").columns)
    assert found.net_gex == pytest.approx(-2 * 0.01 * 100 * 6000.0 * 6000.0 * 0.01)
    assert {"bad_strike", "impossible_open_interest", "missing_weight"} <= {str(one) for one in found.warnings}


MEASURED = """
import resource, sys
from gex_assets.chain import read_chain_file
from gex_assets.errors import ChainError
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    read_chain_file(sys.argv[1])
except ChainError as error:
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024, error)
"""


def test_a_packed_file_of_gigabytes_is_refused_in_bounded_memory(tmp_path: Path) -> None:
    part = gzip.compress(b"6000,C,1,.01\n" * 5_000_000)
    (tmp_path / "chain.gz").write_bytes(gzip.compress(b"strike,right,oi,gamma\n") + part * 40)
    done = subprocess.run([sys.executable, "-c", MEASURED, tmp_path / "chain.gz"], capture_output=True, text=True, check=True)
    megabytes, _, message = done.stdout.partition(" ")
    assert message.startswith("Expected at most 128 MB in chain.gz")
    assert int(megabytes) < 600
