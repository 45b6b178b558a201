from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gex_assets.chain import ChainFile, analyze, read_chain_file
from gex_assets.errors import ChainError
from gex_assets_tests.chain.made_up_chains import AS_OF, HEADER, RATE, SERIES, SPOT, Row, quote_table, quotes, rows
from gex_assets_tests.twins import gamma_profile as twin

CHAIN = rows()


def read(tmp_path: Path, text: str | bytes, name: str = "chain.csv") -> ChainFile:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_chain_file(path)


def codes(found: ChainFile) -> list[str]:
    return [str(warning) for warning in found.warnings]


def by_option(found: ChainFile) -> dict[tuple[int, float, str], dict[str, Any]]:
    keys = zip(
        found.columns["expiration"].tolist(), found.columns["strike"].tolist(), found.columns["right"].tolist(), strict=True
    )
    return {key: {name: values[n] for name, values in found.columns.items()} for n, key in enumerate(keys)}


def as_expected(row: Row) -> tuple[int, float, str]:
    moment = next(moment for root, day, moment in SERIES if (root, day) == (row.root, row.day))
    return int(moment.timestamp()) * 10**9, row.strike, row.right


@pytest.mark.parametrize(("text", "form"), [(quote_table(CHAIN), "CSV"), (quotes(CHAIN), "JSON")])
def test_delayed_quotes_give_symbol_price_moment_and_every_option(tmp_path: Path, text: str, form: str) -> None:
    found = read(tmp_path, text)
    assert (found.symbol, found.spot, found.as_of) == ("SPX", SPOT, AS_OF)
    assert (found.form, found.options, len(found)) == (f"Cboe delayed quotes, {form}", len(CHAIN), len(CHAIN))
    options = by_option(found)
    assert set(options) == {as_expected(row) for row in CHAIN}
    for row in CHAIN:
        one = options[as_expected(row)]
        assert one["open_interest"] == row.open_interest
        assert one["gamma"] == round(row.gamma, 4)
        assert one["ask"] == pytest.approx(row.price + 0.01, abs=1e-6)
        assert one["volume"] == 7.0


def test_a_volatility_of_0_is_none_and_the_other_rights_is_taken(tmp_path: Path) -> None:
    found = read(tmp_path, quotes(CHAIN))
    options = by_option(found)
    assert [options[as_expected(row)]["iv"] for row in CHAIN] == pytest.approx([row.iv for row in CHAIN])
    assert codes(found) == ["iv_of_the_other_right"]
    one_sided = json.loads(quotes(CHAIN))
    for one in one_sided["data"]["options"]:
        one["iv"] = 0
    assert np.isnan(read(tmp_path, json.dumps(one_sided)).columns["iv"].astype(float)).all()


@pytest.mark.parametrize("text", [quote_table(CHAIN, digits=17), quotes(CHAIN, digits=17)])
def test_published_gammas_add_up_to_a_plain_sum(tmp_path: Path, text: str) -> None:
    found = read(tmp_path, text)
    answer = analyze(symbol="SPX", spot=found.spot, chain=found.columns, as_of=found.as_of)
    unit = 100.0 * SPOT * SPOT * 0.01
    plain = math.fsum(row.gamma * row.open_interest * unit * (1 if row.right == "C" else -1) for row in CHAIN)
    assert answer.net_gex == pytest.approx(plain, rel=1e-12)


def test_expirations_add_up_at_a_strike_and_stay_apart_in_their_table(tmp_path: Path) -> None:
    found = read(tmp_path, quotes(CHAIN, digits=17))
    answer = analyze(symbol="SPX", spot=found.spot, chain=found.columns, as_of=found.as_of)
    assert answer.strikes is not None
    assert answer.expirations is not None
    unit = 100.0 * SPOT * SPOT * 0.01
    at = {row["strike"]: row["net_gex"] for row in answer.strikes.to_pylist()}
    for strike, net in at.items():
        plain = math.fsum(
            row.gamma * row.open_interest * unit * (1 if row.right == "C" else -1) for row in CHAIN if row.strike == strike
        )
        assert net == pytest.approx(plain, rel=1e-9)
    table = answer.expirations.to_pylist()
    assert [row["ts_expiration"] for row in table] == [int(moment.timestamp()) * 10**9 for _, _, moment in SERIES]
    assert [row["years"] for row in table] == pytest.approx([row.years for row in CHAIN[:: len(CHAIN) // 4]], rel=1e-12)
    assert math.fsum(row["net_gex"] for row in table) == pytest.approx(answer.net_gex, rel=1e-12)
    assert {row["options"] for row in table} == {82}
    for row, (root, day, _) in zip(table, SERIES, strict=True):
        alone = [n for n, one in enumerate(CHAIN) if (one.root, one.day) == (root, day)]
        columns = {name: values[alone] for name, values in found.columns.items()}
        single = analyze(symbol="SPX", spot=found.spot, chain=columns, as_of=found.as_of)
        assert row["net_gex"] == pytest.approx(single.net_gex)
        assert single.levels is not None
        for name in ("call_wall", "put_wall", "zero_gamma"):
            assert row[name] == pytest.approx(getattr(single.levels, name))


def test_quotes_alone_give_back_forward_volatility_and_flip(tmp_path: Path) -> None:
    found = read(tmp_path, quotes(CHAIN))
    columns = {name: values for name, values in found.columns.items() if name not in ("gamma", "iv")}
    answer = analyze(symbol="SPX", spot=found.spot, chain=columns, as_of=found.as_of, rate=RATE)
    assert answer.expirations is not None
    assert answer.levels is not None
    series = CHAIN[:: len(CHAIN) // 4]
    table = answer.expirations.to_pylist()
    assert [row["forward"] for row in table] == pytest.approx([row.forward for row in series], abs=0.02)
    assert all(row["forward_pairs"] >= 15 and row["forward_se"] < 0.02 for row in table)
    unit = 100.0 * SPOT * SPOT * 0.01
    plain = math.fsum(row.gamma * row.open_interest * unit * (1 if row.right == "C" else -1) for row in CHAIN)
    assert answer.net_gex == pytest.approx(plain, rel=0.02)
    assert answer.levels.zero_gamma == pytest.approx(exact_flip(), abs=0.25)


def test_the_flip_of_published_volatilities_is_the_twins(tmp_path: Path) -> None:
    found = read(tmp_path, quotes(CHAIN))
    answer = analyze(symbol="SPX", spot=found.spot, chain=found.columns, as_of=found.as_of, rate=RATE)
    assert answer.levels is not None
    assert answer.levels.zero_gamma == pytest.approx(exact_flip(), abs=1e-6)


def test_where_quotes_end_the_profile_goes_on() -> None:
    """An hour before the end nothing a percent away has a bid, and at that price it has the largest gamma."""
    strike = np.tile(6_000.0 + 5.0 * np.arange(-40, 41), 2)
    right = np.repeat(["C", "P"], 81)
    years = 1.0 / (365 * 24)
    market: Any = {"F": 6_000.0, "K": strike, "T": years, "sigma": 0.15, "r": 0.0, "is_call": right == "C"}
    from gex_assets.kernels.pricing import black76

    price = black76.price(**market)
    weight = np.where(strike > 6_035.0, 9_000.0, 100.0) * (right == "C") + np.where(strike <= 6_035.0, 2_000.0, 0.0) * (
        right == "P"
    )
    chain = {"strike": strike, "right": right, "open_interest": weight, "years": np.full(strike.size, years)}
    quoted = {**chain, "bid": np.where(price > 0.05, price - 0.02, 0.0), "ask": price + 0.02}
    exact = {**chain, "iv": np.full(strike.size, 0.15)}
    flips = []
    for one in (quoted, exact):
        levels = analyze(symbol="SPX", spot=6_000.0, chain=one, rate=0.0).levels
        assert levels is not None
        flips.append(levels.zero_gamma)
    assert flips[1] is not None
    assert flips[0] == pytest.approx(flips[1], abs=1.0)


def exact_flip() -> float:
    """The twin's, with a chain's exposures taken at the spot price, which shifts like every forward."""
    sign = np.array([1.0 if row.right == "C" else -1.0 for row in CHAIN])
    forward, years = np.array([row.forward for row in CHAIN]), np.array([row.years for row in CHAIN])
    weight = sign * np.array([row.open_interest for row in CHAIN]) * np.exp(-RATE * years) * (SPOT / forward) ** 2
    found = twin.roots(
        lambda price: twin.net_exposure(
            price,
            reference=SPOT,
            forward=forward,
            strike=np.array([row.strike for row in CHAIN]),
            total_vol=np.array([row.iv for row in CHAIN]) * np.sqrt(years),
            signed_weight=weight,
        ),
        reference=SPOT,
        points=401,
    )
    return min(found, key=lambda root: abs(root - SPOT))


def test_what_has_expired_by_the_files_moment_is_left_out(tmp_path: Path) -> None:
    text = quotes(CHAIN).replace("2026-01-06 15:00:00", "2026-01-16 14:30:00")
    found = read(tmp_path, text)
    answer = analyze(symbol="SPX", spot=found.spot, chain=found.columns, as_of=found.as_of)
    assert answer.expirations is not None
    assert answer.expirations["ts_expiration"].to_pylist() == [int(moment.timestamp()) * 10**9 for _, _, moment in SERIES[2:]]
    assert "expired" in answer.warnings


@pytest.mark.parametrize(
    ("first", "second", "symbol"),
    [
        ("SPX (S&P 500 INDEX),6012.34,-1.38", '"Jan 06 2026 @ 10:00 ET",Bid,6011,Ask,6013', "SPX"),
        ('S&P 500 INDEX,"Last: 6,012.34",Change: -1', "Date: 6 января 2026 г. в 10:00 GMT-5,Bid: 1", "SPX"),
        ("S&P 500 INDEX,Last: 6012.34,Change: 0", "Date: 2026年1月6日 GMT-5 10:00,Bid: 1", "SPX"),
    ],
)
def test_preambles_of_several_years_and_languages(tmp_path: Path, first: str, second: str, symbol: str) -> None:
    found = read(tmp_path, quote_table(CHAIN, preamble=(first, second)))
    assert (found.symbol, found.spot, found.as_of) == (symbol, SPOT, AS_OF)


def test_a_preamble_without_zone_or_clock_says_so(tmp_path: Path) -> None:
    newyork = read(tmp_path, quote_table(CHAIN, preamble=("X,Last: 5", '"Date: January 6, 2026 at 10:00 AM"')))
    assert (newyork.as_of, codes(newyork)[-1]) == (AS_OF, "as_of_in_new_york")
    day = read(tmp_path, quote_table(CHAIN, preamble=("X,Last: 5", '"Date: January 6, 2026"')))
    assert (day.as_of, codes(day)[-1]) == (None, "no_clock")
    none = read(tmp_path, quote_table(CHAIN, preamble=()))
    assert (none.spot, none.as_of) == (None, None)


@pytest.mark.parametrize("form", ["%a %b %d %Y", "%Y-%m-%d", "%m/%d/%Y"])
@pytest.mark.parametrize("mark", ["utf-8", "utf-8-sig", "utf-16"])
def test_dates_and_encodings(tmp_path: Path, form: str, mark: str) -> None:
    text = quote_table(CHAIN)
    for _, day, _ in SERIES:
        text = text.replace(f"\n{day:%a %b %d %Y},", f"\n{day.strftime(form)},")
    found = read(tmp_path, text.encode(mark))
    assert set(by_option(found)) == {as_expected(row) for row in CHAIN}


def test_headers_of_2019(tmp_path: Path) -> None:
    old = quote_table(CHAIN).replace("Volume,IV", "Vol,IV").replace("Open Interest", "Open Int")
    assert set(by_option(read(tmp_path, old))) == {as_expected(row) for row in CHAIN}


def small(*data: str, header: str = HEADER) -> str:
    return (
        "\n".join(["", "S&P 500 INDEX,Last: 6012.34,Change: 0", '"Date: January 6, 2026 at 10:00 AM EST"', header, *data]) + "\n"
    )


CALL = "SPX260116C06000000,0,0,50,51,7,0.15,0.5,0.001,100"
PUT = "SPX260116P06000000,0,0,49,50,7,0.15,-0.5,0.001,200"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Expected a chain in chain.csv, was an empty file"),
        ("hello\nworld\n", "Expected a header with strike in chain.csv, was 'hello'"),
        (b"\xfe\xff\x00", "Expected text in UTF-8 in chain.csv"),
        ("Last: 5,Ã©\n".encode() + b"caf\xe9\n", "Expected text in UTF-8 in chain.csv, was byte 0xe9 in line 2"),
        (b"\x00\x01strike", "Expected text in chain.csv, was a binary file"),
        (small(f"Fri Jan 16 2026,{CALL},6000.00,{PUT},9,9"), "Expected 22 cells in line 5 of chain.csv, was 24"),
        (small("Fri Jan 16 2026,SPX26"), "Expected 22 cells in line 5 of chain.csv, was 2"),
        (
            small(f"Fri Jan 16 2026,{CALL.replace('0.001', 'high')},6000.00,{PUT}"),
            "line 5, column Gamma of chain.csv, was 'high'",
        ),
        (small(f"someday,{CALL},6000.00,{PUT}"), "Expected a date in line 5, column Expiration Date of chain.csv, was 'someday'"),
        (small(f"{CALL},6000.00,{PUT}", header=HEADER.partition(",")[2]), "Expected a column Expiration Date in chain.csv"),
        (
            small(f"Fri Jan 16 2026,{CALL},6000.00,{PUT.rpartition(',')[0]}", header=HEADER.rpartition(",")[0]),
            "Expected a column Open Interest of the puts in chain.csv",
        ),
        ("{", "Expected JSON in chain.csv, was .* in line 1"),
        ('{"data": {"options": [{"option": "what"}]}}', "Expected symbols as SPXW260106C06000000 .* was 'what'"),
        ('{"data": {"options": [{"option": "SPX260116C06000000", "bid": "x"}]}}', "Expected a number in bid of data.options"),
        ('{"timestamp": "now", "data": {"options": [{"option": "SPX260116C06000000"}]}}', "Expected a moment in timestamp"),
        ('{"name": "x"}', "Expected rows under one of chain, options, rows, data in chain.csv, was name"),
        ("strike,right\n6000,X\n", "Expected C or P in line 2, column right of chain.csv, was 'X'"),
        ("strike,gamma\n6000,0.1\n", "Expected a column right"),
        ("strike,right,gamma\n6000,C,a lot\n", "Expected a number in line 2, column gamma of chain.csv, was 'a lot'"),
        ("strike,strike,right\n1,2,C\n", "Expected one column strike in chain.csv, was two"),
        ("strike,right,expiration\n6000,C,soon\n", "Expected a date or a moment in column expiration of chain.csv, was 'soon'"),
        ('strike,right,gamma\n6000,"C,0.1\n', "Expected 3 cells in line 2"),
        (b"PAR1nonsense", "Expected a readable Parquet file, was chain.csv"),
    ],
)
def test_what_cannot_be_read_is_one_clear_line(tmp_path: Path, text: str | bytes, message: str) -> None:
    with pytest.raises(ChainError, match=message):
        read(tmp_path, text)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ChainError, match=r"Expected a file, was .*none.csv: No such file"):
        read_chain_file(tmp_path / "none.csv")


def test_odd_values_are_missing_never_zero(tmp_path: Path) -> None:
    odd = [
        f"Fri Jan 16 2026,{CALL},5900.00,{PUT.replace('0.001', '')}",
        f"Fri Jan 16 2026,{CALL.replace(',100', ',--')},5950.00,{PUT.replace('0.001', 'NaN')}",
        "Fri Jan 16 2026," + CALL.replace(",100", ',"1,100"') + ',"6,000.00",' + PUT.replace(",49,", ",-49,"),
        "",
        "Fri Jan 16 2026,,,,,,,,,,,6050.00," + PUT,
    ]
    found = read(tmp_path, small(*odd))
    assert len(found) == 7
    options = by_option(found)
    (moment,) = {key[0] for key in options}
    assert math.isnan(options[moment, 5900.0, "P"]["gamma"])
    assert math.isnan(options[moment, 5950.0, "P"]["gamma"])
    assert math.isnan(options[moment, 5950.0, "C"]["open_interest"])
    assert options[moment, 6000.0, "C"]["open_interest"] == 1_100.0
    assert (moment, 6050.0, "C") not in options
    answer = analyze(symbol="SPX", spot=SPOT, chain=found.columns, as_of=found.as_of)
    assert {"negative_bid", "missing_weight", "missing_gamma"} <= set(answer.warnings)


def test_open_interest_of_0_is_a_value_and_repeated_rows_are_said(tmp_path: Path) -> None:
    line = f"Fri Jan 16 2026,{CALL.replace(',100', ',0')},6000.00,{PUT}"
    answer = analyze(symbol="SPX", spot=SPOT, chain=read(tmp_path, small(line)).columns, as_of=AS_OF)
    assert answer.total_call_gex == 0.0
    twice = analyze(symbol="SPX", spot=SPOT, chain=read(tmp_path, small(line, line)).columns, as_of=AS_OF)
    assert "duplicates" in twice.warnings
    assert twice.net_gex == pytest.approx(2 * (answer.net_gex or 0.0))


def test_no_greeks_is_not_a_delta_of_minus_999(tmp_path: Path) -> None:
    document = json.loads(quotes(CHAIN))
    document["data"]["options"][0] |= {"delta": -999.0, "gamma": 0.0, "iv": 0.0}
    found = read(tmp_path, json.dumps(document))
    assert "no_greeks" in codes(found)
    assert math.isnan(by_option(found)[as_expected(CHAIN[0])]["gamma"])


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
