"""Every vendor's form gives the same chain: two options at one strike, their sizes, and what the document says of the whole."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gex_assets.chain import ChainFile, analyze, read_chain_file
from gex_assets.chain.files.file_request import FileRequest
from gex_assets.errors import ChainError
from gex_assets_tests.chain.files.made_up_files import codes
from gex_assets_tests.chain.files.vendors import made_up_answers as answers

AS_OF = datetime(2026, 1, 6, 20, tzinfo=UTC)


def read(tmp_path: Path, document: Any, **asked: Any) -> ChainFile:
    (tmp_path / "chain.json").write_text(json.dumps(document))
    return read_chain_file(tmp_path / "chain.json", FileRequest(**asked))


@pytest.mark.parametrize(
    ("answer", "form", "spot", "as_of"),
    [
        (answers.schwab, "Schwab", 600.0, AS_OF),
        (answers.polygon, "Polygon", 600.0, AS_OF),
        (answers.tradier, "Tradier", None, None),
        (answers.yahoo, "Yahoo", 600.0, AS_OF),
    ],
)
def test_a_chain_in_every_form(
    tmp_path: Path, answer: Callable[[], Any], form: str, spot: float | None, as_of: datetime | None
) -> None:
    found = read(tmp_path, answer())
    assert (found.form, found.symbol, found.spot, found.as_of) == (f"{form} option chain, JSON", "SPY", spot, as_of)
    columns = {name: values.tolist() for name, values in found.columns.items()}
    assert (columns["strike"], columns["right"], columns["open_interest"]) == ([600.0, 600.0], ["C", "P"], [1_000.0, 500.0])
    assert columns["expiration"] == [answers.CLOSE_OF_SPY_NS] * 2
    assert (columns["bid"], columns["ask"], columns["volume"]) == ([5.0, 5.0], [5.1, 5.1], [7.0, 7.0])
    assert columns["iv" if "iv" in columns else "iv_decimal"] == pytest.approx([0.15, 0.15])
    if "gamma" in columns:
        assert analyze(symbol="SPY", spot=600.0, chain=found.columns).net_gex == pytest.approx(1_800_000.0)


def test_packed_documents_read_the_same(tmp_path: Path) -> None:
    (tmp_path / "chain.json.gz").write_bytes(gzip.compress(json.dumps(answers.schwab()).encode()))
    assert read_chain_file(tmp_path / "chain.json.gz").form == "Schwab option chain, JSON"


def test_schwab_says_none_by_999_and_leaves_out_other_deliverables(tmp_path: Path) -> None:
    document = answers.schwab()
    put = document["putExpDateMap"]["2026-01-16:10"]["600.0"]
    put.append({**put[0], "nonStandard": True})
    put[0] |= {"gamma": -999.0, "volatility": "NaN"}
    found = read(tmp_path, document)
    assert (len(found), codes(found)) == (2, ["adjusted"])
    assert np.isnan(found.columns["gamma"].astype(float)).tolist() == [False, True]
    assert np.isnan(found.columns["iv_decimal"].astype(float)).tolist() == [False, True]


def test_schwab_and_td_ameritrade_tell_the_opening_from_the_close(tmp_path: Path) -> None:
    document = json.loads(json.dumps(answers.schwab()).replace("SPY", "$SPX").replace("$SPX   26", "SPX   26"))
    opening = read(tmp_path, document)
    weekly = read(tmp_path, json.loads(json.dumps(document).replace("SPX   26", "SPXW  26")))
    older = read(tmp_path, json.loads(json.dumps(document).replace("SPX   260116C00600000", "SPXW_011626C600")))
    assert opening.symbol == weekly.symbol == "SPX"
    moments = [found.columns["expiration"][0] for found in (opening, weekly, older)]
    assert [(int(moment) // 10**9 - 1_768_521_600) / 3600 for moment in moments] == [14.5, 21.0, 21.0]


def test_yahoo_in_raw_and_formatted_values_and_what_is_not_in_the_file(tmp_path: Path) -> None:
    found = read(tmp_path, answers.yahoo(raw=True))
    assert found.columns["open_interest"].tolist() == [1_000.0, 500.0]
    assert found.columns["expiration"].tolist() == [answers.CLOSE_OF_SPY_NS] * 2
    assert [one.text for one in found.warnings] == ["the file has 1 of 2 listed expirations: sums are of these alone"]
    failed = {"optionChain": {"result": [], "error": {"code": "Not Found"}}}
    with pytest.raises(ChainError, match=r"Expected one result in optionChain of chain.json, was 0 \(error: .*Not Found"):
        read(tmp_path, failed)


def test_polygon_names_further_pages_and_pages_may_stand_in_one_file(tmp_path: Path) -> None:
    page = answers.polygon()
    assert codes(read(tmp_path, {**page, "next_url": "https://example.com"})) == ["more_pages"]
    first, second = ({**page, "results": [one]} for one in page["results"])
    assert len(read(tmp_path, [first, second])) == 2


def test_nse_has_calls_and_puts_of_a_strike_in_one_row(tmp_path: Path) -> None:
    found = read(tmp_path, answers.nse())
    assert (found.form, found.symbol, found.spot) == ("NSE option chain, JSON", "NIFTY", 24_010.5)
    assert found.as_of == datetime(2026, 1, 6, 10, tzinfo=UTC)
    assert found.columns["right"].tolist() == ["C", "P"]
    assert found.columns["open_interest"].tolist() == [1_000.0, 500.0]
    assert found.columns["iv_decimal"].tolist() == pytest.approx([0.15, 0.15])
    assert set(found.columns["expiration"].tolist()) == {int(datetime(2026, 1, 29, 10, tzinfo=UTC).timestamp()) * 10**9}
    assert codes(found) == ["lot_size"]
    with pytest.raises(ChainError, match=r"Expected a date in expiryDate in row 1, CE of chain.json, was 'soon'"):
        read(tmp_path, json.loads(json.dumps(answers.nse()).replace("29-Jan-2026", "soon")))


def test_deribit_is_in_coins_and_percent_and_its_index_is_the_price(tmp_path: Path) -> None:
    found = read(tmp_path, answers.deribit())
    assert (found.form, found.symbol, found.spot, found.as_of, found.multiplier) == ("Deribit, JSON", "BTC", 90_000.0, AS_OF, 1.0)
    assert found.columns["strike"].tolist() == [90_000.0, 90_000.0]
    assert found.columns["iv_decimal"].tolist() == [0.5, 0.5]
    assert found.columns["bid"].tolist() == [0.05 * 90_500.0, 0.05 * 91_500.0]
    moments = [datetime.fromtimestamp(moment / 1e9, tz=UTC).isoformat() for moment in found.columns["expiration"].tolist()]
    assert moments == ["2026-01-30T08:00:00+00:00", "2026-03-27T08:00:00+00:00"]


def test_deribit_without_an_index_takes_the_nearest_future_and_says_so(tmp_path: Path) -> None:
    document = answers.deribit()
    for row in document["result"]:
        row.pop("estimated_delivery_price", None)
    found = read(tmp_path, document)
    assert (found.spot, codes(found)) == (90_500.0, ["spot_of_a_future"])
    linear = json.loads(json.dumps(document).replace("BTC-30JAN26-90000-C", "BTC_USDC-30JAN26-90000-C"))
    assert read(tmp_path, linear).columns["bid"][0] == 0.05


def test_a_cache_of_several_symbols_is_read_by_one(tmp_path: Path) -> None:
    with pytest.raises(ChainError, match=r"Expected one symbol in chain.json, was 2 \(SPY, QQQ\): pick one with --symbol"):
        read(tmp_path, answers.cached())
    found = read(tmp_path, answers.cached(), symbol="SPY")
    assert (found.symbol, found.spot, found.as_of, codes(found)) == ("SPY", 600.0, AS_OF, ["other_underlying"])
    answer = analyze(symbol="SPY", spot=600.0, chain=found.columns, as_of=found.as_of)
    assert answer.net_gex == pytest.approx(1_800_000.0)
    assert answer.levels is not None
    plan = analyze(symbol="SPY", spot=600.0, chain=found.columns, convention="magic8_literal")
    assert plan.net_gex == pytest.approx(-300_000.0)


def test_a_cache_of_one_symbol_alone(tmp_path: Path) -> None:
    inner = answers.cached()["data"]["SPY"]
    found = read(tmp_path, {"symbol": "SPY", "current_price": 601.0, "option_chain": inner["option_chain"]})
    assert (found.symbol, found.spot, len(found)) == ("SPY", 601.0, 1)
    quotes_only = [{name: value for name, value in row.items() if "gamma" not in name} for row in inner["option_chain"]]
    found = read(tmp_path, {"SPY": {"spot_price": 600.0, "option_chain": quotes_only}})
    answer = analyze(symbol="SPY", spot=600.0, chain=found.columns, as_of=AS_OF)
    assert answer.total_call_gex is not None
    assert answer.total_call_gex > 0.0


@pytest.mark.parametrize("linked", [True, False])
def test_nasdaq_s_days_have_no_year(tmp_path: Path, linked: bool) -> None:
    found = read(tmp_path, answers.nasdaq(linked=linked), symbol="SPY")
    assert (found.form, found.symbol, found.spot, found.as_of) == ("Nasdaq option chain, JSON", "SPY", 600.0, AS_OF)
    columns = {name: values.tolist() for name, values in found.columns.items()}
    assert columns["expiration"] == [answers.CLOSE_OF_SPY_NS] * 2
    assert (columns["right"], columns["open_interest"]) == (["C", "P"], [1_000.0, 500.0])
    assert (columns["bid"], columns["ask"]) == ([5.0, 5.0], [5.1, 5.1])


@pytest.mark.parametrize(("day", "year"), [("Jan 6", 2026), ("Jan 5", 2027), ("Feb 29", 2028), ("Dec 18, 2027", 2027)])
def test_a_day_without_a_year_is_the_next_one_from_the_quotes_on(tmp_path: Path, day: str, year: int) -> None:
    found = read(tmp_path, answers.nasdaq((day,), linked=False), symbol="SPY")
    moment = datetime.fromtimestamp(found.columns["expiration"][0] / 1e9, tz=UTC)
    assert moment.year == year


@pytest.mark.parametrize("day", ["Jan 32", "", None])
def test_a_day_that_is_none_is_refused_with_its_row(tmp_path: Path, day: str | None) -> None:
    with pytest.raises(ChainError, match=r"Expected a day as Jan 16 in expiryDate in row 2 of .*chain\.json"):
        read(tmp_path, answers.nasdaq((day,), linked=False))  # type: ignore[arg-type]


@pytest.mark.parametrize(("place", "name"), [("records", "marketLot"), ("CE", "lotSize"), ("CE", "marketLot")])
def test_india_s_lot_is_the_multiplier_where_the_document_names_it(tmp_path: Path, place: str, name: str) -> None:
    document = answers.nse()
    if place == "records":
        document["records"][name] = 75
    else:
        for row in document["records"]["data"]:
            for side in ("CE", "PE"):
                if side in row:
                    row[side][name] = 75
    found = read(tmp_path, document)
    assert found.multiplier == 75.0
    assert not any(code.startswith("lot_size") for code in codes(found))


@pytest.mark.parametrize("answer", [answers.tradier, answers.polygon])
def test_options_of_an_odd_contract_size_are_left_out(tmp_path: Path, answer: Callable[[], Any]) -> None:
    document = answer()
    rows = document["results"] if "results" in document else document["options"]["option"]
    odd = json.loads(json.dumps(rows[0]))
    odd.get("details", odd).update({"shares_per_contract": 150} if "details" in odd else {"contract_size": 10})
    rows.append(odd)
    found = read(tmp_path, document)
    assert found.columns["strike"].tolist() == [600.0, 600.0]
    assert found.multiplier == 100.0
    (warning,) = (one for one in found.warnings if one == "other_contract_size")
    assert warning.text == "1 of 3 options are on another size than 100 a contract and are left out"


@pytest.mark.parametrize("answer", [answers.tradier, answers.polygon])
def test_one_odd_contract_size_of_all_options_is_the_value_of_a_point(tmp_path: Path, answer: Callable[[], Any]) -> None:
    document = answer()
    for row in document["results"] if "results" in document else document["options"]["option"]:
        row.get("details", row).update({"shares_per_contract" if "details" in row else "contract_size": 10})
    assert read(tmp_path, document).multiplier == 10.0
