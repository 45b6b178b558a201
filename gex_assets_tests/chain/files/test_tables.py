from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gex_assets.chain import analyze, read_chain_file
from gex_assets.errors import ChainError
from gex_assets_tests.chain.files.made_up_files import codes, read
from gex_assets_tests.chain.made_up_chains import AS_OF

TABLE = {
    "strike": [5990.0, 6000.0, 6010.0],
    "right": ["P", "C", "C"],
    "gamma": [0.01, 0.02, 0.01],
    "open_interest": [100, 200, 400],
    "expiration": ["2026-01-16", "2026-01-16", "2026-01-16"],
}
PM = int(datetime(2026, 1, 16, 21, 0, tzinfo=UTC).timestamp()) * 10**9


def table_csv(columns: dict[str, Any], delimiter: str = ",") -> str:
    lines = [delimiter.join(columns), *(delimiter.join(map(str, row)) for row in zip(*columns.values(), strict=True))]
    return "\n".join(lines) + "\n"


def test_plain_tables_in_every_form_read_the_same(tmp_path: Path) -> None:
    pq.write_table(pa.table(TABLE), tmp_path / "chain.parquet")
    listed = [dict(zip(TABLE, row, strict=True)) for row in zip(*TABLE.values(), strict=True)]
    renamed = {"Strike Price": 0, "optionType": 0, "Gamma": 0, "OI": 0, "expirationDate": 0}
    forms = [
        read_chain_file(tmp_path / "chain.parquet"),
        read(tmp_path, table_csv(TABLE)),
        read(tmp_path, table_csv(TABLE, ";")),
        read(tmp_path, table_csv(TABLE, "\t")),
        read(tmp_path, table_csv(dict(zip(renamed, TABLE.values(), strict=True)))),
        read(tmp_path, json.dumps(TABLE)),
        read(tmp_path, json.dumps(listed)),
        read(tmp_path, "\n".join(json.dumps(row) for row in listed)),
        read(tmp_path, json.dumps({"symbol": "SPX", "spot": 6000, "as_of": "2026-01-06T15:00Z", "chain": listed})),
    ]
    for found in forms:
        assert {name: values.tolist() for name, values in found.columns.items()} == {
            **{name: TABLE[name] for name in ("strike", "right", "gamma")},
            "open_interest": [100.0, 200.0, 400.0],
            "expiration": [PM] * 3,
        }
    assert (forms[-1].symbol, forms[-1].spot, forms[-1].as_of) == ("SPX", 6000.0, AS_OF)
    assert (forms[0].symbol, forms[0].spot, forms[0].as_of) == (None, None, None)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([date(2026, 1, 16)] * 3, PM),
        (["2026-01-16T15:30:00-06:00"] * 3, PM + 1_800 * 10**9),
        ([20260116] * 3, PM),
        ([PM + 5_000] * 3, PM + 5_000),
        ([PM // 10**6] * 3, PM),
        (["2026-01-16T00:00:00+00:00"] * 3, PM),
        (["16/01/2026"] * 3, PM),
        (["16.01.2026"] * 3, PM),
        (["16JAN26"] * 3, PM),
        ([datetime(2026, 1, 16, 14, 30, tzinfo=UTC)] * 3, PM - int(6.5 * 3600) * 10**9),
        ([datetime(2026, 1, 16)] * 3, PM),  # noqa: DTZ001
    ],
)
def test_expirations_of_every_type(tmp_path: Path, values: list[Any], expected: int) -> None:
    pq.write_table(pa.table({**TABLE, "expiration": values}), tmp_path / "chain.parquet")
    assert read_chain_file(tmp_path / "chain.parquet").columns["expiration"].tolist() == [expected] * 3


def test_option_symbols_stand_for_strike_right_and_moment(tmp_path: Path) -> None:
    symbols = ["O:SPX260116P05990000", "SPXW  260116C06000000", "SPX260116C06010500"]
    plain = {"option_symbol": symbols, "gamma": TABLE["gamma"], "oi": TABLE["open_interest"]}
    found = read(tmp_path, table_csv(plain))
    assert found.columns["strike"].tolist() == [5990.0, 6000.0, 6010.5]
    assert found.columns["right"].tolist() == ["P", "C", "C"]
    assert found.columns["expiration"].tolist() == [PM - int(6.5 * 3600) * 10**9, PM, PM - int(6.5 * 3600) * 10**9]
    assert found.symbol == "SPX"


def test_settlement_decides_where_no_symbol_does(tmp_path: Path) -> None:
    found = read(tmp_path, table_csv({**TABLE, "settlement": ["am", "pm", "AM"]}))
    assert found.columns["expiration"].tolist() == [PM - int(6.5 * 3600) * 10**9, PM, PM - int(6.5 * 3600) * 10**9]
    with pytest.raises(ChainError, match=r"Expected am or pm in line 4, column settlement of chain.csv, was 'noon'"):
        read(tmp_path, table_csv({**TABLE, "settlement": ["am", "pm", "noon"]}))


def test_price_moment_and_symbol_in_columns_of_their_own(tmp_path: Path) -> None:
    columns = {
        **TABLE,
        "underlying": ["^SPX"] * 3,
        "underlying_price": [6001.5] * 3,
        "quote_datetime": ["2026-01-06 15:00:00"] * 3,
    }
    found = read(tmp_path, table_csv(columns))
    assert (found.symbol, found.spot) == ("SPX", 6001.5)
    day = read(tmp_path, table_csv({**columns, "quote_datetime": ["2026-01-06"] * 3}))
    assert (day.as_of, codes(day)) == (datetime(2026, 1, 6, 21, tzinfo=UTC), ["no_clock"])


def test_volatilities_in_percent_by_their_sign(tmp_path: Path) -> None:
    found = read(tmp_path, table_csv({**TABLE, "iv": ["18.5%", "520 %", ""]}))
    assert found.columns["iv_decimal"].tolist()[:2] == pytest.approx([0.185, 5.2])
    assert "iv" not in found.columns
    # without a word the analysis judges, by prices or gammas
    assert read(tmp_path, table_csv({**TABLE, "iv": [18.5, 15.0, 0.0]})).columns["iv"].tolist() == [18.5, 15.0, 0.0]


def test_one_row_per_strike(tmp_path: Path) -> None:
    found = read(tmp_path, "strike,call_gamma,call_oi,put_gamma,put_oi\n500,0.01,1000,0.01,500\n")
    answer = analyze(symbol="SPY", spot=500.0, chain=found.columns, convention="magic8")
    assert (answer.total_call_gex, answer.total_put_gex, answer.net_gex) == (-500_000.0, 250_000.0, -250_000.0)


def test_moments_without_a_zone_are_said_and_settable(tmp_path: Path) -> None:
    utc = read(tmp_path, table_csv({**TABLE, "as_of": ["2026-01-06 15:00:00"] * 3}))
    assert (utc.as_of, codes(utc)) == (AS_OF, ["as_of_in_utc"])
    datashop = read(tmp_path, table_csv({**TABLE, "quote_datetime": ["2026-01-06 10:00:00"] * 3}))
    assert (datashop.as_of, codes(datashop)) == (AS_OF, ["as_of_in_new_york"])
    set_ = read(tmp_path, table_csv({**TABLE, "as_of": ["2026-01-06 16:00:00"] * 3}), zone=ZoneInfo("Europe/Berlin"))
    assert (set_.as_of, codes(set_)) == (AS_OF, [])
    clocked = read(tmp_path, table_csv({**TABLE, "expiration": ["2026-01-16 16:00:00"] * 3}), zone=ZoneInfo("America/New_York"))
    assert clocked.columns["expiration"].tolist() == [PM] * 3
    assert codes(read(tmp_path, table_csv({**TABLE, "expiration": ["2026-01-16 21:00:00"] * 3}))) == ["expirations_in_utc"]


@pytest.mark.parametrize("moment", [1_767_711_600, 1_767_711_600_000, 1_767_711_600_000_000, 1_767_711_600_000_000_000])
def test_the_unit_of_a_unix_time_is_told_by_its_size(tmp_path: Path, moment: int) -> None:
    assert read(tmp_path, table_csv({**TABLE, "timestamp": [moment] * 3})).as_of == AS_OF
    assert (
        read(
            tmp_path,
            json.dumps({"updated": moment, "chain": [{**dict.fromkeys(TABLE, 1), "right": "C", "expiration": 20260116}]}),
        ).as_of
        == AS_OF
    )


def test_datashops_end_of_day_files_are_of_a_quarter_to_four_in_new_york(tmp_path: Path) -> None:
    columns = {
        "underlying_symbol": ["^SPX"] * 3,
        "quote_date": ["2026-01-06"] * 3,
        "root": ["SPX", "SPXW", "SPX"],
        "expiration": ["2026-01-16"] * 3,
        "strike": TABLE["strike"],
        "option_type": ["P", "C", "C"],
        "bid_1545": [5.0] * 3,
        "ask_1545": [5.2] * 3,
        "active_underlying_price_1545": [6001.5] * 3,
        "implied_volatility_1545": [0.15] * 3,
        "gamma_1545": TABLE["gamma"],
        "bid_eod": [4.0] * 3,
        "ask_eod": [4.2] * 3,
        "open_interest": TABLE["open_interest"],
    }
    found = read(tmp_path, table_csv(columns))
    assert (found.symbol, found.spot, found.as_of) == ("SPX", 6001.5, datetime(2026, 1, 6, 20, 45, tzinfo=UTC))
    assert found.columns["bid"].tolist() == [5.0] * 3
    am = PM - int(6.5 * 3600) * 10**9
    assert found.columns["expiration"].tolist() == [am, PM, am]


def test_a_root_beside_the_underlying_tells_the_opening_from_the_close(tmp_path: Path) -> None:
    columns = {**TABLE, "underlying_symbol": ["^SPX"] * 3, "root": ["SPXW", "SPX", "SPXW"]}
    assert read(tmp_path, table_csv(columns)).columns["expiration"].tolist() == [PM, PM - int(6.5 * 3600) * 10**9, PM]
    alone = read(tmp_path, table_csv({**TABLE, "root": ["NDX", "NDXP", "NDXP"]}))
    assert (alone.symbol, alone.columns["expiration"].tolist()) == ("NDX", [PM - int(6.5 * 3600) * 10**9, PM, PM])
    index = read(tmp_path, table_csv({**TABLE, "symbol": ["SPX"] * 3}))
    assert index.columns["expiration"].tolist() == [PM] * 3


def test_symbols_of_options_and_their_underlying_side_by_side(tmp_path: Path) -> None:
    symbols = ["SPX260116P05990000", "SPXW260116C06000000", "SPX260116C06010000"]
    found = read(tmp_path, table_csv({**TABLE, "symbol": symbols, "underlying": ["SPX"] * 3}))
    assert (found.symbol, found.columns["expiration"].tolist()[1]) == ("SPX", PM)


@pytest.mark.parametrize("title", ["IV (%)", "iv_pct", "Implied Volatility %", "impliedVolatilityPercent"])
def test_a_column_whose_name_says_percent_is_in_percent(tmp_path: Path, title: str) -> None:
    found = read(tmp_path, table_csv({**TABLE, title: [0.5, 150.0, "18.5%"]}))
    assert found.columns["iv_decimal"].tolist() == pytest.approx([0.005, 1.5, 0.185])
    assert codes(found) == []


def test_a_file_with_decimal_commas(tmp_path: Path) -> None:
    found = read(tmp_path, "strike;right;open_interest;gamma\n6000,5;C;1.200;0,0018\n6000,5;P;1.400;0,0018\n")
    answer = analyze(symbol="SPX", spot=6000.0, chain=found.columns)
    assert answer.net_gex == pytest.approx(-12_960_000.0)
    three = read(tmp_path, "strike;right;open_interest;iv;gamma\n6000;C;1200;0,185;0,002\n6000;P;1400;0,185;0,002\n")
    assert analyze(symbol="SPX", spot=6000.0, chain=three.columns).net_gex == pytest.approx(-14_400_000.0)


def test_one_row_per_strike_with_quotes_and_one_gamma_of_both_rights(tmp_path: Path) -> None:
    titles = "ticker,strike,expirDate,callOpenInterest,putOpenInterest,callMidIv,putMidIv,gamma"
    text = f"{titles}\nSPY,500,2026-01-16,1000,500,0.2,0.2,0.01\n"
    found = read(tmp_path, text)
    answer = analyze(symbol="SPY", spot=500.0, chain=found.columns, as_of=AS_OF)
    assert (found.symbol, answer.net_gex) == ("SPY", pytest.approx(500 * 0.01 * 100 * 500.0 * 500.0 * 0.01))
    options_dx = "[QUOTE_UNIXTIME], [UNDERLYING_LAST], [EXPIRE_DATE], [C_IV], [C_VOLUME], [STRIKE], [P_IV], [P_VOLUME]\n"
    dx = read(tmp_path, options_dx + "1767711600, 500.0, 2026-01-16, 0.2, 10, 500, 0.2, 20\n")
    assert (dx.spot, dx.as_of, dx.columns["call_volume"].tolist()) == (500.0, AS_OF, [10.0])


@pytest.mark.parametrize("written", ["46038", "46038.0", "260116", "20260116", "01/16/2026", "16/01/2026", "16.01.2026"])
def test_a_day_of_expiration_in_every_writing(tmp_path: Path, written: str) -> None:
    found = read(tmp_path, table_csv(TABLE | {"expiration": [written] * 3}), symbol="SPX")
    assert found.columns["expiration"].tolist() == read(tmp_path, table_csv(TABLE), symbol="SPX").columns["expiration"].tolist()
    assert not any(code.startswith("month_first") for code in codes(found))


@pytest.mark.parametrize("written", ["46038.875", "46038.8750000001"])
def test_a_spreadsheet_s_fraction_is_the_time_of_day(tmp_path: Path, written: str) -> None:
    found = read(tmp_path, table_csv(TABLE | {"expiration": [written] * 3}), symbol="SPX", zone=ZoneInfo("UTC"))
    assert found.columns["expiration"].tolist() == [PM] * 3


@pytest.mark.parametrize("written", ["461331", "1234", "99999"])
def test_a_number_that_is_no_day_is_refused_with_its_line(tmp_path: Path, written: str) -> None:
    with pytest.raises(
        ChainError, match=r"a date or a moment in line 2, column expiration .*: write 2026-01-16, 01/16/2026 or 16 Jan 26"
    ):
        read(tmp_path, table_csv(TABLE | {"expiration": [written] * 3}), symbol="SPX")


@pytest.mark.parametrize(
    ("expiration", "quoted", "day", "said"),
    [
        ("06/02/2026", "05/01/2026", date(2026, 6, 2), True),
        ("06/02/2026", "16/01/2026", date(2026, 2, 6), False),
        ("06/02/2026", "01/16/2026", date(2026, 6, 2), False),
        ("02/02/2026", "01/01/2026", date(2026, 2, 2), False),
    ],
)
def test_slashed_dates_have_one_order_in_a_file(tmp_path: Path, expiration: str, quoted: str, day: date, said: bool) -> None:
    found = read(tmp_path, table_csv(TABLE | {"expiration": [expiration] * 3, "quote_date": [quoted] * 3}), symbol="SPX")
    moments = {datetime.fromtimestamp(one / 1e9, tz=UTC).date() for one in found.columns["expiration"].tolist()}
    assert moments == {day}
    assert ("month_first" in codes(found)) is said


def test_slashed_dates_of_both_orders_are_refused(tmp_path: Path) -> None:
    mixed = TABLE | {"expiration": ["01/16/2026", "16/01/2026", "01/16/2026"]}
    with pytest.raises(ChainError, match=r"Expected day and month in one order in .*'16/01/2026' and '01/16/2026'"):
        read(tmp_path, table_csv(mixed), symbol="SPX")


@pytest.mark.parametrize("title", ["multiplier", "Contract Size"])
def test_a_column_of_contract_sizes_says_what_a_point_is_worth(tmp_path: Path, title: str) -> None:
    assert read(tmp_path, table_csv(TABLE | {title: [50, 50, 50]}), symbol="XYZ").multiplier == 50.0
    mixed = read(tmp_path, table_csv(TABLE | {title: [50, 50, 5]}), symbol="XYZ")
    assert (mixed.multiplier, mixed.columns["strike"].tolist()) == (50.0, [5990.0, 6000.0])
    assert read(tmp_path, table_csv(TABLE | {title: ["", "", ""]}), symbol="XYZ").multiplier is None


THINKORSWIM = """\
Stock quote and option quote for SPX on 1/6/26 10:30:00

UNDERLYING
 LAST,LX,Net Chng,BID,BX,ASK,AX,Size,Volume,Open,High,Low
6012.34,--,-1.2,6011,--,6013,--,0,0,6000,6020,5990

16 JAN 26  (10)  100
,,Impl Vol,Gamma,Open.Int,Volume,Delta,BID,BX,ASK,AX,Exp,Strike,BID,BX,ASK,AX,Impl Vol,Gamma,Open.Int,Volume,Delta,,
,,15.2%,.002,"1,200",5,.5,50.1,C,50.9,C,16 JAN 26,6000,40.1,C,40.9,C,15.0%,.0021,900,6,-.5,,
,,14.2%,.001,"1,300",5,.5,10.1,C,10.9,C,16 JAN 26,6100,90.1,C,90.9,C,14.0%,.0011,800,6,-.5,,

23 JAN 26  (17)  100 (Weeklys)
,,Impl Vol,Gamma,Open.Int,Volume,Delta,BID,BX,ASK,AX,Exp,Strike,BID,BX,ASK,AX,Impl Vol,Gamma,Open.Int,Volume,Delta,,
,,15.2%,.003,200,5,.5,60.1,C,60.9,C,23 JAN 26,6000,50.1,C,50.9,C,15.0%,.0031,300,6,-.5,,
"""


def test_calls_left_and_puts_right_of_the_strike_in_sections(tmp_path: Path) -> None:
    found = read(tmp_path, THINKORSWIM, symbol="SPX")
    assert {
        name: values.tolist() for name, values in found.columns.items() if name not in ("expiration", "call_iv", "put_iv")
    } == {
        "strike": [6000.0, 6100.0, 6000.0],
        "call_gamma": [0.002, 0.001, 0.003],
        "put_gamma": [0.0021, 0.0011, 0.0031],
        "call_bid": [50.1, 10.1, 60.1],
        "call_ask": [50.9, 10.9, 60.9],
        "put_bid": [40.1, 90.1, 50.1],
        "put_ask": [40.9, 90.9, 50.9],
        "call_oi": [1200.0, 1300.0, 200.0],
        "put_oi": [900.0, 800.0, 300.0],
        "call_volume": [5.0] * 3,
        "put_volume": [6.0] * 3,
    }
    assert found.columns["call_iv"].tolist() == pytest.approx([0.152, 0.142, 0.152])
    assert found.columns["expiration"].tolist() == [PM, PM, PM + 7 * 86_400 * 10**9]
    assert (found.options, len(found)) == (6, 3)


def test_a_line_of_another_length_is_a_heading_only_above_the_header(tmp_path: Path) -> None:
    head = "strike,right,gamma\n6000,C,.1\nnext\n"
    assert len(read(tmp_path, f"{head}strike,right,gamma\n6000,P,.1\n")) == 2
    for rest in ("6000,P,.1\n", "", "again\nstrike,right,gamma\n"):
        with pytest.raises(ChainError, match=r"Expected 3 cells in line 3 of chain.csv, was 1"):
            read(tmp_path, head + rest)


def test_titles_twice_on_one_side_are_refused_with_what_to_do(tmp_path: Path) -> None:
    for titles, was in (
        ("gamma,gamma,strike,right", "two (columns 1, 2)"),
        ("gamma,strike,gamma,gamma,right", "3 (columns 1, 3, 4)"),
    ):
        with pytest.raises(ChainError, match=re.escape(f"one column gamma in chain.csv, was {was}: keep one, and rename")):
            read(tmp_path, f"{titles}\n{','.join('1' for _ in titles.split(','))}\n")


@pytest.mark.parametrize("call", ["SPXW260116C06600500", ".SPXW260116C6600.5"])
@pytest.mark.parametrize("form", ["csv", "json"])
def test_options_symbols_may_stand_under_symbol(tmp_path: Path, call: str, form: str) -> None:
    titles, row = ["Symbol", "Bid", "Ask", "Open Int.", "IV"], [call, 1, 2, 10, 0.2]
    text = f"Options of SPX\n{','.join(titles)}\n{','.join(map(str, row))}\n"
    found = read(tmp_path, text if form == "csv" else json.dumps([dict(zip(titles, row, strict=True))]))
    assert (found.symbol, found.columns["strike"].tolist(), found.columns["right"].tolist()) == ("SPX", [6600.5], ["C"])
    assert (found.columns["expiration"].tolist(), found.columns["open_interest"].tolist()) == ([PM], [10.0])
    with pytest.raises(ChainError, match=r"Expected (a column strike|rows with strikes) or option symbols in chain.csv"):
        read(tmp_path, text.replace(call, "SPX") if form == "csv" else '[{"symbol": "SPX", "bid": 1}]')
