"""What must be one in a chain is refused where it is several, naming them, unless the caller picks one."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gex_assets.chain import analyze, read_chain_file
from gex_assets.chain.files.file_request import FileRequest
from gex_assets.errors import ChainError
from gex_assets_tests.chain.files.made_up_files import codes
from gex_assets_tests.chain.made_up_chains import quote_table
from gex_assets_tests.chain.made_up_chains import rows as made_up

TWO_SYMBOLS = (
    "symbol,strike,right,open_interest,gamma\nSPY,600,C,100,.01\nSPY,600,P,50,.01\nQQQ,500,C,100,.02\nQQQ,500,P,300,.02\n"
)
NOON = "2026-01-06T17:00:00Z"


def read(tmp_path: Path, text: str, **asked: Any) -> Any:
    (tmp_path / "chain.csv").write_text(text)
    return read_chain_file(tmp_path / "chain.csv", FileRequest(**asked))


def rows(*lines: str, titles: str = "as_of,strike,right,open_interest,gamma") -> str:
    return "\n".join((titles, *lines)) + "\n"


def test_of_two_symbols_one_is_picked_or_both_are_named(tmp_path: Path) -> None:
    found = read(tmp_path, TWO_SYMBOLS, symbol="spy", spot=600.0)
    assert (found.symbol, len(found), found.options, codes(found)) == ("SPY", 2, 4, ["other_underlying"])
    answer = analyze(symbol="SPY", spot=600.0, chain=found.columns)
    assert answer.net_gex == pytest.approx(180_000.0)
    with pytest.raises(ChainError, match=r"Expected one underlying, was 2 in chain.csv \(QQQ, SPY\): pick one with --symbol"):
        read(tmp_path, TWO_SYMBOLS)
    with pytest.raises(ChainError, match=r"Expected one of them in --symbol, was IWM in chain.csv \(QQQ, SPY\)"):
        read(tmp_path, TWO_SYMBOLS, symbol="IWM")


def test_of_the_symbols_of_two_underlyings_one_is_picked(tmp_path: Path) -> None:
    text = rows("SPXW260116C06000000,1,.01", "SPX260116C06000000,1,.01", "XSP260116C00600000,1,.01", titles="option,oi,gamma")
    with pytest.raises(ChainError, match=r"was 2 in chain.csv \(SPX, XSP\)"):
        read(tmp_path, text)
    assert len(read(tmp_path, text, symbol="SPX")) == 2
    assert len(read(tmp_path, text, symbol="XSP")) == 1


NAMED_SPX = {
    "in a column": rows("SPX,6000,C,1,.01", titles="symbol,strike,right,oi,gamma"),
    "by symbols": rows("SPXW260116C06000000,1,.01", titles="option,oi,gamma"),
    "by roots": rows("SPXW,6000,C,1,.01", titles="root,strike,right,oi,gamma"),
    "around rows": '{"symbol": "$SPX", "chain": [{"strike": 6000, "right": "C", "oi": 1, "gamma": 0.01}]}',
    "in quotes": '{"symbol": "^SPX", "data": {"options": []}}',
    "in the table of quotes": quote_table(made_up()),
}


@pytest.mark.parametrize("where", NAMED_SPX)
def test_a_file_that_names_its_underlying_is_called_by_no_other_name(tmp_path: Path, where: str) -> None:
    text = NAMED_SPX[where]
    for same in ("SPX", "^spx", "SPXW"):
        assert read(tmp_path, text, symbol=same).symbol == same.strip("^").upper()
    with pytest.raises(ChainError, match=r"Expected options on NDX in chain.csv, was SPXW?: leave out --symbol, or name the"):
        read(tmp_path, text, symbol="NDX")


@pytest.mark.parametrize(("title", "cell"), [("symbol", "ESH6"), ("root", "EW"), ("root", "E1A"), ("symbol", "ES")])
def test_futures_and_roots_of_their_options_stand_for_their_product(tmp_path: Path, title: str, cell: str) -> None:
    text = rows(f"{cell},6000,C,1,.01", titles=f"{title},strike,right,oi,gamma")
    assert read(tmp_path, text, symbol="ES").symbol == "ES"
    with pytest.raises(ChainError, match=r"Expected options on NQ in chain.csv, was E"):
        read(tmp_path, text, symbol="NQ")


def test_a_file_that_names_nothing_is_called_by_any_name(tmp_path: Path) -> None:
    assert read(tmp_path, rows("6000,C,1,.01", titles="strike,right,oi,gamma"), symbol="MINE").symbol == "MINE"


DAYS = rows(f"{NOON},600,C,1,.01", "2026-01-07T17:00:00Z,600,C,2,.01")


def test_of_two_days_one_is_picked_or_both_are_named(tmp_path: Path) -> None:
    with pytest.raises(ChainError, match=r"one day in chain.csv, was 2 days \(2026-01-06, 2026-01-07\): pick one with --date"):
        read(tmp_path, DAYS)
    found = read(tmp_path, DAYS, day=date(2026, 1, 7))
    assert (found.columns["open_interest"].tolist(), found.as_of) == ([2.0], datetime(2026, 1, 7, 17, tzinfo=UTC))
    assert codes(found) == ["other_day"]
    by_moment = read(tmp_path, DAYS, as_of=datetime(2026, 1, 6, 20, tzinfo=UTC))
    assert (by_moment.columns["open_interest"].tolist(), by_moment.as_of) == ([1.0], datetime(2026, 1, 6, 20, tzinfo=UTC))
    with pytest.raises(ChainError, match=r"Expected a day of chain.csv \(2026-01-06, 2026-01-07\), was 2026-01-08"):
        read(tmp_path, DAYS, day=date(2026, 1, 8))


def test_many_days_are_named_in_short(tmp_path: Path) -> None:
    text = rows(*(f"2026-01-{day:02d},600,C,1,.01" for day in range(1, 21)))
    with pytest.raises(ChainError, match=r"was 20 days \(2026-01-01, 2026-01-02, .*, …, 2026-01-20\)"):
        read(tmp_path, text)


def test_an_option_that_comes_at_two_moments_means_two_chains(tmp_path: Path) -> None:
    text = rows(f"{NOON},600,C,1,.01", "2026-01-06T18:00:00Z,600,C,2,.01")
    with pytest.raises(
        ChainError, match=r"one moment in chain.csv, was 2 \(2026-01-06 17:00:00Z, 2026-01-06 18:00:00Z\): pick one"
    ):
        read(tmp_path, text)
    found = read(tmp_path, text, as_of=datetime(2026, 1, 6, 12, tzinfo=ZoneInfo("America/New_York")))
    assert (found.columns["open_interest"].tolist(), codes(found)) == ([1.0], ["other_moment"])


def test_quotes_of_one_chain_may_have_moments_of_their_own(tmp_path: Path) -> None:
    found = read(tmp_path, rows(f"{NOON},600,C,1,.01", "2026-01-06T17:00:03Z,600,P,2,.01"))
    assert (len(found), found.as_of, codes(found)) == (
        2,
        datetime(2026, 1, 6, 17, 0, 3, tzinfo=UTC),
        ["quotes_of_several_moments"],
    )


def test_of_two_prices_one_is_said(tmp_path: Path) -> None:
    text = rows("600.5,600,C,1,.01", "601.25,600,P,2,.01", titles="spot,strike,right,oi,gamma")
    with pytest.raises(
        ChainError, match=r"one price of the underlying in chain.csv, was 2 \(600.5, 601.25\): say which with --spot"
    ):
        read(tmp_path, text)
    assert read(tmp_path, text, spot=601.0).spot == 601.0
    assert read(tmp_path, text.replace("601.25", "")).spot == 600.5


def test_the_price_may_be_between_the_underlyings_quotes(tmp_path: Path) -> None:
    text = rows("600.0,600.5,600,C,1,.01", titles="underlying_bid,underlying_ask,strike,right,oi,gamma")
    assert read(tmp_path, text).spot == 600.25


@pytest.mark.parametrize(("day", "close"), [("2026-01-06", "2026-01-06T21:00Z"), ("2026-11-27", "2026-11-27T18:00Z")])
def test_a_day_without_a_time_of_day_is_its_close_whoever_says_it(tmp_path: Path, day: str, close: str) -> None:
    dated, undated = rows(f"{day},600,C,1,.01"), rows("600,C,1,.01", titles="strike,right,open_interest,gamma")
    said = json.dumps({"as_of": day, "chain": [{"strike": 600, "right": "C", "oi": 1, "gamma": 0.01}]})
    for text, request in (
        (dated, FileRequest()),
        (said, FileRequest()),
        (undated, FileRequest(day=date.fromisoformat(day))),
        (undated, FileRequest().quoted_at(day)),
        (dated, FileRequest().quoted_at(f"{day}T00:00")),
    ):
        (tmp_path / "chain.csv").write_text(text)
        found = read_chain_file(tmp_path / "chain.csv", request)
        assert (found.as_of, codes(found)) == (datetime.fromisoformat(close), ["no_clock"])
        assert f"{day} without a time of day: its close is taken, 1" in found.warnings[0].text
    with pytest.raises(ChainError, match=rf"Expected a day of chain.csv \({day}\), was 2026-01-05"):
        read(tmp_path, said, day=date(2026, 1, 5))


def test_a_moment_asked_for_without_a_zone_is_on_the_files_clock_and_it_is_said(tmp_path: Path) -> None:
    each = [rows(f"{NOON[:-1]},600,C,1,.01", titles=f"{title},strike,right,oi,gamma") for title in ("quote_datetime", "as_of")]
    for text, hour, code in ((each[0], 17, "as_of_in_new_york"), (each[1], 12, "as_of_in_utc")):
        (tmp_path / "chain.csv").write_text(text)
        found = read_chain_file(tmp_path / "chain.csv", FileRequest().quoted_at("2026-01-06T12:00"))
        assert (found.as_of, codes(found)) == (datetime(2026, 1, 6, hour, tzinfo=UTC), [code])
        berlin = FileRequest(zone=ZoneInfo("Europe/Berlin")).quoted_at("2026-01-06T12:00")
        assert read_chain_file(tmp_path / "chain.csv", berlin).as_of == datetime(2026, 1, 6, 11, tzinfo=UTC)


def test_two_days_asked_for_are_refused() -> None:
    assert FileRequest(day=date(2026, 1, 6)).quoted_at("2026-01-06") == FileRequest(day=date(2026, 1, 6))
    with pytest.raises(ChainError, match=r"one day in --date and --as-of, was 2026-01-05 and 2026-01-06: leave one"):
        FileRequest(day=date(2026, 1, 5)).quoted_at("2026-01-06")
    with pytest.raises(ChainError, match=r"Expected a moment in ISO 8601, was 'noon': write 2026-01-06T21:00Z"):
        FileRequest().quoted_at("noon")
