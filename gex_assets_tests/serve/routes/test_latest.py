"""What holds now: levels with regimes, and the first plan's keys of the lake and of a cache file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gex_assets.chain import analyze
from gex_assets.lake.tables import Lake
from gex_assets.serve.routes.latest import LatestLevels, ScoreAnswer
from gex_assets.serve.routes.scores import KEPT_SECONDS, MOST_BYTES, CacheQuery, KeptAnswers
from gex_assets_tests.conftest import DAY
from gex_assets_tests.serve.servers import Client

CACHE = {
    "timestamp": "2026-01-06T15:00:00",
    "data": {
        "SPY": {
            "spot_price": 500.0,
            "option_chain": [{"strike": 500, "call_gamma": 0.01, "call_oi": 1000, "put_gamma": 0.01, "put_oi": 500}],
        }
    },
}


def rows_of(lake: Path, table: str) -> list[dict[str, Any]]:
    return list(Lake(lake).open(table, product="ES", day=DAY).read().to_pylist())


def post(served: Client, document: Any, query: str = "", kind: str = "application/json") -> Any:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return served.ask(f"/v1/score{query}", method="POST", body=body, Content_Type=kind)


def test_the_latest_levels_are_those_of_the_last_window_with_a_price(served: Client, published: Path) -> None:
    found = served.json("/v1/levels/ES/latest")
    LatestLevels.model_validate(found)
    rows = rows_of(published, "silver_gex_levels")
    last = max(row["ts_window_end"] for row in rows if row["reference_price"] is not None)
    expected = [row for row in rows if row["ts_window_end"] == last]
    assert len(found["levels"]) == len(expected)
    for shown, row in zip(found["levels"], expected, strict=True):
        for name in ("convention", "scope", "net_gex", "call_wall", "zero_gamma", "reference_price", "strikes"):
            assert shown[name] == row[name]
    regimes = {row["convention"]: row for row in rows_of(published, "regime_scores") if row["ts_window_end"] == last}
    selected = [row for row in found["levels"] if row["scope"] == "selected"]
    assert len(selected) == len(regimes) == 3
    for row in selected:
        assert row["regime"] == regimes[row["convention"]]["regime"]
        assert row["confidence"] == regimes[row["convention"]]["confidence"]
    assert {one["convention"]: one["unit"] for one in found["conventions"]} == {
        "field": "USD per 1 %",
        "flow": "USD per 1 %",
        "magic8": "USD per point",
    }


def test_one_convention_and_scope(served: Client) -> None:
    found = served.json("/v1/levels/ES/latest?convention=field&scope=selected")
    assert [(row["convention"], row["scope"]) for row in found["levels"]] == [("field", "selected")]
    assert "field" in served.problem("/v1/levels/ES/latest?convention=nothing", 404)
    served.problem("/v1/levels/ES/latest?date=2020-01-01", 404)


def test_an_answer_from_memory_is_the_same(served: Client) -> None:
    path = "/v1/levels/ES/latest?scope=selected"
    first, again = served.ask(path), served.ask(path)
    assert (first.body, first.headers["etag"]) == (again.body, again.headers["etag"])
    kept = served.ask(path, If_None_Match=f'"other", {first.headers["etag"]}')
    assert (kept.status, kept.body) == (304, b"")


def test_the_first_plans_keys_of_the_lake(served: Client, published: Path) -> None:
    found = served.json("/v1/score/ES?convention=magic8")
    ScoreAnswer.model_validate(found)
    row = next(one for one in reversed(rows_of(published, "regime_scores")) if one["convention"] == "magic8")
    assert found["net_gex"] == row["net_gex"]
    assert found["regime_analysis"]["magnitude"] == row["magnitude"]
    assert found["regime_analysis"]["bias"] == row["bias"]
    assert found["levels"]["call_wall"] == row["call_wall"]
    assert found["scores"] == {name: row[f"score_{name}"] for name in ("Iron_Condor", "Butterfly", "Vertical")}
    assert "magic8" in served.problem("/v1/score/ES?convention=none", 404)


def test_the_first_plans_worked_example(served: Client) -> None:
    answer = post(served, CACHE)
    assert answer.status == 200, answer.body
    found = answer.json()
    ScoreAnswer.model_validate(found)
    assert (found["symbol"], found["spot_price"]) == ("SPY", 500.0)
    assert (found["net_gex"], found["total_call_gex"], found["total_put_gex"]) == (-250_000.0, -500_000.0, 250_000.0)
    assert found["regime"] == found["regime_analysis"]["regime"] == "negative"
    assert found["strike_gex"] == {"500": {"call_gex": -500_000.0, "put_gex": 250_000.0, "net_gex": -250_000.0}}
    assert found["convention"]["unit"] == "USD per point"
    assert found["convention"] == post(served, CACHE, "?convention=magic8").json()["convention"]
    literal = post(served, CACHE, "?convention=magic8_literal").json()["convention"]
    assert (literal["convention"], bool(literal["version"]), bool(literal["signs"])) == ("magic8_literal", True, True)


def test_a_cache_file_is_analysed_as_the_calculator_does(served: Client) -> None:
    rows = [
        {"strike": strike, "call_gamma": 0.004, "call_oi": 1000 + strike, "put_gamma": 0.003, "put_oi": 4000 - strike}
        for strike in range(480, 521, 2)
    ]
    cache = {"data": {"SPX": {"current_price": 501.0, "option_chain": rows}, "RUT": {"current_price": 1.0, "option_chain": rows}}}
    found = post(served, cache, "?symbol=SPX&convention=magic8").json()
    expected = analyze(symbol="SPX", spot=501.0, chain=rows, convention="magic8")
    assert expected.levels is not None
    assert found["net_gex"] == expected.net_gex
    assert found["levels"]["call_wall"] == expected.levels.call_wall
    assert found["levels"]["zero_gamma"] == expected.levels.zero_gamma
    assert found["scores"] == expected.scores
    assert "SPX" in served.problem(
        "/v1/score", 422, method="POST", body=json.dumps(cache).encode(), Content_Type="application/json"
    )


@pytest.mark.parametrize(
    ("body", "query", "kind", "status"),
    [
        (b"{", "", "application/json", 422),
        (b"", "", "application/json", 422),
        (b"[" * 100_000, "", "application/json", 422),
        (b'{"data": {"A": {"option_chain": []}}}', "", "application/json", 422),
        (b"{}", "", "text/plain", 415),
        (b" " * (MOST_BYTES + 1), "", "application/json", 413),
        (b"{}", "?convention=nothing", "application/json", 422),
        (json.dumps(CACHE).encode(), "?convention=all", "application/json", 422),
        (b"{}", "?spot=-1", "application/json", 422),
    ],
)
def test_other_bodies_are_problems(served: Client, body: bytes, query: str, kind: str, status: int) -> None:
    served.problem(f"/v1/score{query}", status, method="POST", body=body, Content_Type=kind)


def test_an_answer_is_kept_for_a_minute_by_content() -> None:
    now, asked = [0.0], []
    kept = KeptAnswers(clock=lambda: now[0])

    def answer(body: bytes, **query: Any) -> bytes:
        def make() -> bytes:
            asked.append(body)
            return body.upper()

        return kept.answer(body, CacheQuery(**query), make)

    assert [answer(b"a"), answer(b"a"), answer(b"b"), answer(b"a", symbol="SPX")] == [b"A", b"A", b"B", b"A"]
    assert asked == [b"a", b"b", b"a"]
    now[0] = KEPT_SECONDS
    answer(b"a")
    assert len(asked) == 4
    for number in range(200):
        answer(str(number).encode())
    assert len(kept) == 64
    answer(b"x" * (2 << 20))
    assert len(kept) == 64
    with pytest.raises(ZeroDivisionError):
        kept.answer(b"c", CacheQuery(), lambda: bytes(1 // 0))


def test_asking_again_with_the_same_file_gives_the_same_bytes(served: Client) -> None:
    first, again = post(served, CACHE), post(served, CACHE)
    assert (first.status, first.plain) == (again.status, again.plain)
    assert first.plain != post(served, CACHE, "?multiplier=50").plain
