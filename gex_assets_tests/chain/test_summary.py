from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gex_assets.chain import ChainFile, read_chain_file
from gex_assets.chain.summary import FURTHER_TABLES, documents, request_of
from gex_assets.errors import ChainError
from gex_assets_tests.chain.made_up_chains import SPOT, quotes, rows
from gex_assets_tests.twins import black76 as twin

CHAIN = rows()


@pytest.fixture
def chain(tmp_path: Path) -> ChainFile:
    (tmp_path / "spx.json").write_text(quotes(CHAIN))
    return read_chain_file(tmp_path / "spx.json")


def asked(chain: ChainFile, *names: str, **others: Any) -> list[dict[str, Any]]:
    return documents(chain, request_of(names=names, **others))


def test_a_document_says_what_was_read_and_what_came_out(chain: ChainFile) -> None:
    (one,) = asked(chain)
    assert (one["symbol"], one["spot"], one["as_of"]) == ("SPX", SPOT, "2026-01-06T15:00:00+00:00")
    assert (one["convention"], one["gamma_from"], one["weight_used"], one["multiplier"]) == (
        "field",
        "published",
        "open_interest",
        100.0,
    )
    assert (one["options"], one["options_in_file"]) == (len(CHAIN), len(CHAIN))
    assert [row["expiration"] for row in one["expirations"]] == [
        "2026-01-07T15:00:00-06:00",
        "2026-01-16T08:30:00-06:00",
        "2026-01-16T15:00:00-06:00",
        "2026-06-18T08:30:00-05:00",
    ]
    assert math.fsum(row["net_gex"] for row in one["strikes"]) == pytest.approx(one["net_gex"])
    assert [warning["code"] for warning in one["warnings"]] == ["iv_of_the_other_right"]
    assert json.loads(json.dumps(one, allow_nan=False)) == json.loads(json.dumps(one))


def test_the_error_of_four_decimals_covers_the_error_made(chain: ChainFile) -> None:
    (one,) = asked(chain)
    unit = 100.0 * SPOT * SPOT * 0.01
    exact = math.fsum(row.gamma * row.open_interest * unit * (1 if row.right == "C" else -1) for row in CHAIN)
    assert 0.01 < abs(one["net_gex"] - exact) / one["net_gex_rounding"] < 1.5
    weights = math.fsum((row.open_interest * unit) ** 2 for row in CHAIN if round(row.gamma, 4) > 0.0)
    assert one["net_gex_rounding"] == pytest.approx(2.0 * 1e-4 / math.sqrt(12.0) * math.sqrt(weights))
    (implied,) = asked(chain, gamma="implied")
    assert implied["net_gex_rounding"] is None
    finer = replace(chain, columns={**chain.columns, "gamma": chain.columns["gamma"].astype(float) + 1e-7})
    assert asked(finer)[0]["net_gex_rounding"] is None


def test_what_has_expired_is_in_no_rounding_error(chain: ChainFile) -> None:
    (later,) = asked(chain, as_of="2026-01-16T15:00Z")
    (alone,) = asked(chain, as_of="2026-01-16T15:00Z", expirations=["2026-01-16", "2026-06-18"])
    dead = asked(chain)[0]["net_gex_rounding"]
    assert later["net_gex_rounding"] == alone["net_gex_rounding"] < dead


def test_es_by_hand(tmp_path: Path) -> None:
    """0.002 · 1000 contracts · 50 USD · 6000² · 0.01 = 36,000,000 USD of delta per 1 %; the puts 0.0015 · 800 likewise."""
    (tmp_path / "es.csv").write_text("strike,right,gamma,open_interest\n6050,C,0.002,1000\n5950,P,0.0015,800\n")
    (one,) = asked(read_chain_file(tmp_path / "es.csv"), symbol="ES", spot=6000.0)
    assert one["total_call_gex"] == pytest.approx(36_000_000.0, rel=1e-15)
    assert one["total_put_gex"] == pytest.approx(-21_600_000.0, rel=1e-15)
    assert (one["levels"]["call_wall"], one["levels"]["put_wall"], one["multiplier"]) == (6050.0, 5950.0, 50.0)


def test_gammas_of_volatilities_are_those_of_a_hundred_digits(tmp_path: Path) -> None:
    """Independent of the kernel: Black's price as he wrote it, differentiated twice with 100 digits."""
    options = [(5_600.0, "P", 0.21, 700), (5_990.0, "C", 0.148, 1_200), (6_010.0, "P", 0.147, 300), (6_300.0, "C", 0.13, 2_500)]
    lines = [f"{strike},{right},{iv},{interest},2026-01-16T21:00Z" for strike, right, iv, interest in options]
    (tmp_path / "spx.csv").write_text("\n".join(["strike,right,iv,oi,expiration", *lines]))
    (one,) = asked(read_chain_file(tmp_path / "spx.csv"), symbol="SPX", spot=6000.0, as_of="2026-01-06T15:00Z", rate=0.04)
    years = 10.25 / 365
    gammas = [
        float(twin.greek("gamma", F=6000.0, K=strike, T=years, sigma=iv, r=0.04, is_call=right == "C"))
        for strike, right, iv, _ in options
    ]
    each = [
        gamma * interest * 100.0 * 6000.0**2 * 0.01 * (1 if right == "C" else -1)
        for gamma, (_, right, _, interest) in zip(gammas, options, strict=True)
    ]
    assert one["net_gex"] == pytest.approx(math.fsum(each), rel=1e-10)


def test_gammas_come_from_where_they_are_asked_from(chain: ChainFile) -> None:
    nets = {source: asked(chain, gamma=source)[0] for source in ("published", "iv", "implied")}
    assert [one["gamma_from"] for one in nets.values()] == list(nets)
    assert len({one["net_gex"] for one in nets.values()}) == 3
    for one in nets.values():
        assert one["net_gex"] == pytest.approx(nets["iv"]["net_gex"], rel=0.02)


def test_without_gammas_the_next_source_is_taken_and_said(chain: ChainFile) -> None:
    zeros = {**chain.columns, "gamma": np.zeros(len(chain))}
    (one,) = asked(replace(chain, columns=zeros))
    assert (one["gamma_from"], one["net_gex"]) == ("implied", asked(chain, gamma="iv")[0]["net_gex"])
    assert "no_published_gamma" in [warning["code"] for warning in one["warnings"]]
    (quoted,) = asked(replace(chain, columns={**zeros, "iv": np.full(len(chain), np.nan)}))
    assert (quoted["gamma_from"], quoted["net_gex"]) == ("implied", asked(chain, gamma="implied")[0]["net_gex"])


def test_expirations_are_chosen_by_their_day(chain: ChainFile) -> None:
    (whole,) = asked(chain)
    by_day = [asked(chain, expirations=[day])[0] for day in ("2026-01-07", "2026-01-16", "2026-06-18")]
    assert math.fsum(one["net_gex"] for one in by_day) == pytest.approx(whole["net_gex"])
    assert [len(one["expirations"]) for one in by_day] == [1, 2, 1]
    (today,) = asked(chain, expirations=["0DTE"], as_of="2026-01-07T15:00Z")
    assert asked(chain, expirations=["next"])[0]["net_gex"] == by_day[0]["net_gex"]
    assert asked(chain, expirations=["monthly"])[0]["options"] == len(CHAIN) * 3 // 4
    assert asked(chain, expirations=["2026-01-08..2026-01-31"])[0]["net_gex"] == by_day[1]["net_gex"]
    assert today["net_gex"] == by_day[0]["net_gex"]
    assert today["options"] == len(CHAIN) // 4


def test_further_tables_stand_in_the_document_where_they_are_asked_for(chain: ChainFile) -> None:
    (plain,) = asked(chain)
    assert not {"strike_greeks", "strike_expirations"} & set(plain)
    assert [row["part"] for row in plain["zero_dte"]] == ["0dte", "later"]
    (one,) = asked(chain, tables=FURTHER_TABLES)
    assert len(one["strike_greeks"]) == len(one["strikes"])
    assert math.fsum(row["dex"] for row in one["strike_greeks"]) == pytest.approx(one["levels"]["dex"])
    assert len(one["strike_expirations"]) == len(CHAIN) // 2
    assert one["strike_expirations"][0]["expiration"] == "2026-01-07T15:00:00-06:00"
    assert json.loads(json.dumps(one, allow_nan=False)) == json.loads(json.dumps(one))
    (literal,) = asked(chain, "magic8_literal", tables=FURTHER_TABLES)
    assert (literal["strike_greeks"], literal["strike_expirations"], literal["zero_dte"]) == ([], [], [])


def test_conventions_are_repeated_or_all_that_the_chain_has_weights_for(chain: ChainFile) -> None:
    assert [one["convention"] for one in asked(chain, "magic8", "field", "magic8")] == ["magic8", "field"]
    mine = [{"name": "by_volume", "weights": ["volume"]}]
    everything = asked(chain, "all", extra=mine)
    assert [one["convention"] for one in everything] == ["field", "magic8", "by_volume"]
    assert [one["weight_used"] for one in everything] == ["open_interest", "open_interest", "volume"]
    assert asked(chain, "magic8_literal")[0]["expirations"] == []


def test_what_is_asked_goes_before_the_file(chain: ChainFile) -> None:
    (one,) = asked(chain, symbol="XYZ", spot=6000.0, multiplier=50.0, as_of="2026-01-06T16:00-05:00")
    assert (one["symbol"], one["spot"], one["multiplier"], one["as_of"]) == ("XYZ", 6000.0, 50.0, "2026-01-06T21:00:00+00:00")


@pytest.mark.parametrize(
    ("change", "others", "message"),
    [
        ({"symbol": None}, {}, "Expected an underlying in spx.json, was none: add --symbol NAME"),
        ({"spot": None}, {}, "Expected a price of the underlying in spx.json, was none: add --spot PRICE"),
        (
            {"spot": None, "symbol": None},
            {},
            "Expected an underlying and a price of the underlying in spx.json, was none of them",
        ),
        (
            {"spot": None, "symbol": None, "as_of": None},
            {"gamma": "iv"},
            r"and a moment in spx.json, was none of them: add --symbol NAME --spot PRICE --as-of 2026-01-06T15:00-05:00 \(or",
        ),
        ({}, {"spot": -1.0}, "Expected a positive spot price, was -1"),
        ({}, {"spot": math.nan}, "Expected a positive spot price, was nan"),
        ({"as_of": None}, {"gamma": "implied"}, "Expected a moment in spx.json, was none: add --as-of 2026-01-06T15:00-05:00"),
        ({"as_of": None}, {"expirations": ["0dte"]}, "Expected a moment in spx.json, was none: add --as-of"),
        ({"as_of": None}, {"expirations": ["next"]}, "Expected a moment in spx.json, was none: add --as-of"),
        ({}, {"expirations": ["2026-01-08"]}, r"Expected an expiration of the chain \(2026-01-07, .*\), was 2026-01-08"),
        ({}, {"expirations": ["January"]}, "Expected an expiration as YYYY-MM-DD, A..B, next, monthly, 0dte, was 'January'"),
        ({}, {"names": ["mad"]}, "Expected a convention of field, flow, .* or all, was 'mad'"),
        ({}, {"names": ["flow"]}, "Expected a column flow_inventory for the convention flow"),
        ({}, {"multiplier": 0.0}, "Expected a positive multiplier"),
        ({}, {"as_of": "noon"}, "Expected a moment in ISO 8601, was 'noon'"),
        ({}, {"as_of": "2026-01-06"}, "Expected a moment with a time of day, was '2026-01-06': write 2026-01-06T21:00Z"),
    ],
)
def test_what_cannot_be_answered_is_refused(
    chain: ChainFile, change: dict[str, Any], others: dict[str, Any], message: str
) -> None:
    with pytest.raises(ChainError, match=message):
        documents(replace(chain, **change), request_of(**{"names": (), **others}))


def test_a_source_that_is_not_there_is_refused(chain: ChainFile) -> None:
    bare = replace(
        chain, columns={name: chain.columns[name] for name in ("strike", "right", "expiration", "open_interest", "iv")}
    )
    with pytest.raises(ChainError, match=r"Expected bid and ask in spx.json, was published volatilities"):
        asked(bare, gamma="implied")
    nothing = replace(chain, columns={name: chain.columns[name] for name in ("strike", "right", "open_interest")})
    with pytest.raises(ChainError, match=r"Expected gammas, volatilities, or bid and ask in spx.json, was none of them"):
        asked(nothing)


def test_a_chain_without_options_is_an_answer_without_numbers(tmp_path: Path) -> None:
    (tmp_path / "empty.json").write_text('{"data": {"symbol": "SPX", "current_price": 6000, "options": []}}')
    (one,) = asked(read_chain_file(tmp_path / "empty.json"))
    assert (one["net_gex"], one["levels"], one["strikes"]) == (None, None, [])
    assert "empty_chain" in [warning["code"] for warning in one["warnings"]]


def test_days_and_moments_of_a_request() -> None:
    request = request_of(names=["field"], expirations=["2026-01-16", "0dte"], as_of="2026-01-06T15:00")
    assert request.expirations == (date(2026, 1, 16), "0dte")
    assert request.as_of == datetime(2026, 1, 6, 15, 0, tzinfo=UTC)
