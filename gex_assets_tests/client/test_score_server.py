"""The first plan's consumer over a real server: the same keys and numbers as in process, and clear words where nobody answers."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from gex_assets.client.magic8 import ChainScorer
from gex_assets.client.score_server import ScoreServer
from gex_assets.errors import ChainError, GexError
from gex_assets_tests.client.made_up_cache import BASE, KEYS, chain
from gex_assets_tests.serve.servers import Client, running

NOW = datetime(2026, 1, 6, 15, 0, tzinfo=UTC)
TOKEN = "a token of this test"  # noqa: S105


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with running(tmp_path_factory.mktemp("lake"), token=TOKEN) as found:
        yield found


def scorer(client: Client, **settings: Any) -> ChainScorer:
    server = ScoreServer(f"http://127.0.0.1:{client.port}/", token=TOKEN)
    return ChainScorer(server=server, clock=NOW.timestamp, **settings)


def market_data(spot: float, **chain_of: float) -> dict[str, Any]:
    return {"current_price": spot, "option_chain": chain(spot, **chain_of), "timestamp": NOW.isoformat()}


@pytest.mark.parametrize("convention", ["magic8", "magic8_literal", "field"])
@pytest.mark.parametrize("symbol", ["SPX", "RUT", "SPY"])
def test_a_server_answers_as_this_process_does(client: Client, convention: str, symbol: str) -> None:
    data = market_data(595.0, puts=1200.0)
    there = scorer(client, convention=convention).analyze(symbol, data)
    here = ChainScorer(convention=convention, clock=NOW.timestamp).analyze(symbol, data)
    assert set(there) == set(here) == KEYS
    for key in KEYS - {"warnings"}:
        assert there[key] == here[key], key
    assert {one["code"] for one in here["warnings"]} <= {one["code"] for one in there["warnings"]}


def test_multipliers_go_with_the_request(client: Client) -> None:
    data = market_data(5950.0)
    contract = scorer(client, multipliers={"spx": 100.0}).analyze("SPX", data)["net_gex"]
    assert contract == pytest.approx(10 * scorer(client).analyze("SPX", data)["net_gex"])
    assert scorer(client, multipliers={"DEFAULT": 10.0}).analyze("SPY", data)["net_gex"] == pytest.approx(contract / 10)


def test_scores_are_adjusted_by_the_servers_regime(client: Client) -> None:
    data = market_data(595.0)
    assert scorer(client).apply_adjustments(BASE, "SPY", data) == ChainScorer(clock=NOW.timestamp).apply_adjustments(
        BASE, "SPY", data
    )


def test_what_the_server_refuses_is_said_in_its_words(client: Client) -> None:
    with pytest.raises(ChainError, match="Expected"):
        scorer(client).analyze("SPY", {"current_price": 900.0, "option_chain": chain(500.0)})
    with pytest.raises(ChainError, match="convention: Expected one of"):
        scorer(client, convention="nothing").analyze("SPY", market_data(500.0))
    without = ChainScorer(server=ScoreServer(f"http://127.0.0.1:{client.port}"))
    with pytest.raises(GexError, match="was 401: Expected the server's token"):
        without.analyze("SPY", market_data(500.0))


def test_nobody_there_leaves_scores_as_they_are(caplog: pytest.LogCaptureFixture) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
    alone = ChainScorer(server=ScoreServer(f"http://127.0.0.1:{port}"))
    with pytest.raises(GexError, match=r"Expected a server at http://127\.0\.0\.1:"):
        alone.analyze("SPY", market_data(500.0))
    assert alone.apply_adjustments(BASE, "SPY", market_data(500.0)) == BASE
    assert "gex serve" in caplog.text


@pytest.mark.parametrize(
    "address", ["localhost:8474", "https://localhost", "file:///etc/passwd", "http://", "http://a:b", "http://h/v1"]
)
def test_another_address_is_refused(address: str) -> None:
    with pytest.raises(GexError, match="Expected a server's address, was"):
        ScoreServer(address)
