from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from gex_assets.chain import analyze
from gex_assets.errors import ChainError
from gex_assets_tests.chain.files.made_up_files import CALL, PUT, as_expected, by_option, codes, read, small
from gex_assets_tests.chain.made_up_chains import AS_OF, SERIES, SPOT, quote_table, quotes, rows

CHAIN = rows()


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


@pytest.mark.parametrize("text", [quote_table(CHAIN), quotes(CHAIN)])
def test_quotes_are_15_minutes_older_than_the_file_unless_the_caller_says_their_moment(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text).delay_ns == 900 * 10**9
    assert read(tmp_path, text, as_of=datetime(2026, 1, 6, 14, 45, tzinfo=UTC)).delay_ns == 0


def test_a_day_without_a_time_is_its_close_which_has_no_delay(tmp_path: Path) -> None:
    text = quote_table(CHAIN, preamble=("", f"S&P 500 INDEX,Last: {SPOT}", '"Date: January 6, 2026"'))
    found = read(tmp_path, text)
    assert found.as_of == datetime(2026, 1, 6, 21, 0, tzinfo=UTC)
    assert found.delay_ns == 0


@pytest.mark.parametrize("text", [quote_table(CHAIN, digits=17), quotes(CHAIN, digits=17)])
def test_published_gammas_add_up_to_a_plain_sum(tmp_path: Path, text: str) -> None:
    found = read(tmp_path, text)
    answer = analyze(symbol="SPX", spot=found.spot, chain=found.columns, as_of=found.as_of)
    unit = 100.0 * SPOT * SPOT * 0.01
    plain = math.fsum(row.gamma * row.open_interest * unit * (1 if row.right == "C" else -1) for row in CHAIN)
    assert answer.net_gex == pytest.approx(plain, rel=1e-12)


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
    assert (day.as_of, codes(day)[-1]) == (datetime(2026, 1, 6, 21, tzinfo=UTC), "no_clock")
    none = read(tmp_path, quote_table(CHAIN, preamble=()))
    assert (none.spot, none.as_of) == (None, None)


@pytest.mark.parametrize("as_json", [True, False])
def test_another_day_than_the_files_is_refused_and_a_time_asked_for_is_on_its_clock(tmp_path: Path, as_json: bool) -> None:
    text = quotes(CHAIN) if as_json else quote_table(CHAIN)
    assert read(tmp_path, text, day=date(2026, 1, 6)).as_of == AS_OF
    with pytest.raises(ChainError, match=r"Expected a day of chain.csv \(2026-01-06\), was 2026-01-05"):
        read(tmp_path, text, day=date(2026, 1, 5))
    found = read(tmp_path, text, as_of=datetime.fromisoformat("2026-01-06T11:30"))
    assert found.as_of == datetime(2026, 1, 6, 11 if as_json else 16, 30, tzinfo=UTC)
    assert codes(found)[-1] == ("as_of_in_utc" if as_json else "as_of_in_new_york")


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
    assert {"negative_bid", "missing_weight", "gamma_of_the_other_right"} <= set(answer.warnings)


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
