"""The consumer that the project's first plan is about: its cache file in, its keys out, in process or from `gex serve`.

A system like Magic8-Companion keeps option chains of several symbols in a file. `ChainScorer` takes the place of its analyzer and
of its wrapper around another program. `docs/seed_000.md` goes through the plan line by line.

    python -m gex_assets.client.magic8 data/market_data_cache.json --symbol SPX
    python -m gex_assets.client.magic8 data/market_data_cache.json --server http://localhost:8474
"""

from __future__ import annotations

import copy
import hashlib
import json
import logging
import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path
from typing import Any, Final

import click

from gex_assets.analytics.seed_keys import seed_keys, strike_keys
from gex_assets.chain import analyze
from gex_assets.chain.files.json_text import document_of
from gex_assets.chain.files.vendors.cached_chain import chains_by_symbol
from gex_assets.client.cached_age import MAX_AGE_SECONDS, age_warnings, moment_said
from gex_assets.client.score_server import ScoreServer
from gex_assets.conventions import EXTREME_MULTIPLIER, STRATEGY_MULTIPLIERS
from gex_assets.defaults import MIN_STRIKES_REQUIRED
from gex_assets.errors import ChainError, GexError
from gex_assets.escaping import visible

__all__ = ["ADJUSTS_NOT", "ChainScorer", "main"]

TTL_SECONDS: Final = 60.0
"""How long a result is kept: the plan's `cache_ttl`. [seconds]"""

ADJUSTS_NOT: Final = ("mock_chain", "stale_chain")
"""Warnings with which scores stay as they are: a chain made up or of another time says nothing of now."""

_MOST_KEPT: Final = 64

_log = logging.getLogger(__name__)

Answer = dict[str, Any]


@dataclass(kw_only=True)
class ChainScorer:
    """Exposure, levels, regime and scores of cached option chains, under the first plan's keys.

    Attributes
    ----------
    convention : `magic8`, or `magic8_literal` for the plan's arithmetic to the letter.
    server : answers in place of this process; None for none.
    multipliers : symbol -> value of a point, DEFAULT for any other; else SPX 10, RUT 10, others 100, as the plan has them. [USD]
    min_strikes_required : fewer strikes with an exposure bring the warning `few_strikes`. A server has its own.
    ttl_seconds : how long a result is kept for a price and chain of equal content.
    max_age_seconds : a chain is stale beyond this age, unless the cache says its own `ttl`.
    clock : seconds since 1970.
    """

    convention: str = "magic8"
    server: ScoreServer | None = None
    multipliers: Mapping[str, float] = field(default_factory=dict)
    min_strikes_required: int = MIN_STRIKES_REQUIRED
    ttl_seconds: float = TTL_SECONDS
    max_age_seconds: float = MAX_AGE_SECONDS
    clock: Callable[[], float] = time.time
    _kept: OrderedDict[str, tuple[float, Answer]] = field(default_factory=OrderedDict, repr=False)
    _regimes: dict[str, str] = field(default_factory=dict, repr=False)

    def analyze(self, symbol: str, market_data: Mapping[str, Any], *, file: Mapping[str, Any] | None = None) -> Answer:
        """The first plan's keys of one symbol.

        Parameters
        ----------
        market_data : `option_chain`, a list of one row per strike, and `spot_price` or `current_price`.
        file : the document around it, which may say a moment and a source for all symbols.

        Returns
        -------
        `symbol`, `spot_price`, `as_of`, `net_gex`, `total_call_gex`, `total_put_gex`, `strike_gex`, `regime`, `levels`,
        `regime_analysis`, `scores`, `reason`, `warnings`. Without chain or price the numbers are None and `reason` says why.

        Raises
        ------
        GexError
            The chain cannot be used, or the server does not answer.
        """
        spot, rows = _spot(market_data), _rows(market_data)
        now = self.clock()
        content = json.dumps([symbol, self.convention, spot, rows], sort_keys=True, default=repr)
        key = hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()
        kept = self._kept.get(key)
        if kept is None or not 0.0 <= now - kept[0] < self.ttl_seconds:
            if self.server is None or spot is None or not rows:
                kept = now, self._from_here(symbol, spot, rows)
            else:
                kept = now, self._from_server(self.server, symbol, spot, rows)
            self._keep(key, kept)
        answer = copy.deepcopy(kept[1])
        moment = moment_said(market_data, file)
        answer["as_of"] = None if moment is None else moment.astimezone(UTC).isoformat()
        answer["warnings"] += age_warnings(market_data, file, now=now, max_age_seconds=self.max_age_seconds)
        self._note_regime(symbol, answer["regime"])
        return answer

    def read_cache(self, path: Path | str, symbols: Sequence[str] = ()) -> dict[str, Answer]:
        """The keys of symbols of a cache file. One that cannot be used has a `reason` and does not hinder the others.

        Parameters
        ----------
        symbols : as the file writes them; () for all.

        Raises
        ------
        ChainError
            The file cannot be read, is no cache, or lacks a symbol.
        """
        document = _document(Path(path))
        found = {name or Path(path).stem: one for name, one in chains_by_symbol(document).items()}
        if not found:
            raise ChainError(f"Expected symbols with an option_chain in {path}, was none: give the cache that keeps them")
        missing = [name for name in symbols if name not in found]
        if missing:
            listed = ", ".join(visible(name)[:20] for name in list(found)[:10])
            raise ChainError(f"Expected a symbol of {listed}, was {visible(missing[0])}: ask for one that {path} has")
        return {name: self._safely(name, found[name], document) for name in (symbols or found)}

    def apply_adjustments(self, scores: Mapping[str, float], symbol: str, market_data: Mapping[str, Any]) -> dict[str, float]:
        """Scores times the multipliers of the regime, as the plan's scorer does; a new mapping.

        Without chain or price, with a chain that cannot be used, with `ADJUSTS_NOT`, and without a regime they stay as they are.
        The log says why.

        Parameters
        ----------
        scores : strategy -> score. A strategy without multipliers is only lessened where the magnitude is extreme.
        market_data : as for `analyze`.
        """
        answer = self._safely(symbol, market_data, None)
        codes = [one["code"] for one in answer["warnings"]]
        reason = answer["reason"] or next((code for code in codes if code in ADJUSTS_NOT), None)
        regime, magnitude = answer["regime"], answer["regime_analysis"]["magnitude"]
        if reason is not None or regime is None:
            _log.warning("%s: scores stay as they are: %s", visible(symbol), reason or "no_regime")
            return dict(scores)
        caution = EXTREME_MULTIPLIER if magnitude == "extreme" else 1.0
        _log.info("%s: regime %s, magnitude %s, net exposure %s", visible(symbol), regime, magnitude, f"{answer['net_gex']:,.0f}")
        return {name: score * (STRATEGY_MULTIPLIERS[regime].get(name, 1.0) * caution) for name, score in scores.items()}

    def _safely(self, symbol: str, market_data: Mapping[str, Any], document: Mapping[str, Any] | None) -> Answer:
        try:
            return self.analyze(symbol, market_data, file=document)
        except GexError as error:
            _log.warning("%s: %s", visible(symbol), error)
            nothing = seed_keys(net={}, levels={}, regime={}, scores={})
            said = [{"code": "unusable_chain", "text": str(error)}]
            return (
                {"symbol": symbol, "spot_price": None, "as_of": None}
                | nothing
                | {
                    "strike_gex": {},
                    "reason": "unusable_chain",
                    "warnings": said,
                }
            )

    def _from_here(self, symbol: str, spot: float | None, rows: list[Any]) -> Answer:
        found = analyze(
            symbol=symbol,
            spot=spot,
            chain=rows,
            convention=self.convention,
            multipliers=self.multipliers,
            min_strikes_required=self.min_strikes_required,
            cache=False,
        )
        net = {"net_gex": found.net_gex, "total_call_gex": found.total_call_gex, "total_put_gex": found.total_put_gex}
        keys = seed_keys(net=net, levels=found.levels or {}, regime=found.regime_analysis or {}, scores=found.scores)
        return {
            "symbol": found.symbol,
            "spot_price": found.spot,
            **keys,
            "strike_gex": {} if found.strikes is None else strike_keys(found.strikes.to_pylist()),
            "reason": found.reason,
            "warnings": [{"code": str(one), "text": one.text} for one in found.warnings],
        }

    def _from_server(self, server: ScoreServer, symbol: str, spot: float, rows: list[Any]) -> Answer:
        own = {name.upper(): value for name, value in self.multipliers.items()}
        cache = {"data": {symbol: {"spot_price": spot, "option_chain": rows}}}
        multiplier = own.get(symbol.upper(), own.get("DEFAULT"))
        found = server.score(cache, symbol=symbol, convention=self.convention, multiplier=multiplier)
        return {name: value for name, value in found.items() if name not in ("convention", "known_since")}

    def _keep(self, key: str, made: tuple[float, Answer]) -> None:
        self._kept[key] = made
        self._kept.move_to_end(key)
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)

    def _note_regime(self, symbol: str, regime: str | None) -> None:
        before = self._regimes.get(symbol)
        if regime is not None:
            self._regimes[symbol] = regime
            if before not in (None, regime):
                _log.info("%s: the regime was %s and is %s", visible(symbol), before, regime)


def _spot(market_data: Mapping[str, Any]) -> float | None:
    """The first of both names of the price that is a positive number."""
    for name in ("current_price", "spot_price"):
        value = market_data.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0.0 < value < float("inf"):
            return float(value)
    return None


def _rows(market_data: Mapping[str, Any]) -> list[Any]:
    rows = market_data.get("option_chain")
    if rows is None:
        return []
    if not isinstance(rows, list | tuple) or not all(isinstance(row, Mapping) for row in rows):
        raise ChainError("Expected option_chain to be a list with an object per strike, was another form")
    return list(rows)


def _document(path: Path) -> Mapping[str, Any]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ChainError(f"Expected a cache file at {path}, was: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ChainError(f"Expected JSON in UTF-8 in {path}, was another encoding") from error
    document = document_of(text, file=path.name).content
    if not isinstance(document, Mapping):
        raise ChainError(f"Expected a JSON object in {path}, was a {type(document).__name__}")
    return document


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("cache", type=click.Path(path_type=Path))
@click.option("--symbol", "symbols", multiple=True, help="Repeatable.  [default: all of the file]")
@click.option("--server", metavar="URL", help="Ask this `gex serve` in place of this process.")
@click.option("--token", envvar="GEX_SERVE_TOKEN", help="The server's.  [default: GEX_SERVE_TOKEN]")
@click.option("--convention", default="magic8", show_default=True, help="magic8_literal has the plan's arithmetic to the letter.")
def main(cache: Path, symbols: tuple[str, ...], server: str | None, token: str | None, convention: str) -> None:
    """Print the first plan's keys of every symbol of a CACHE file, as one JSON object."""
    try:
        asked = None if server is None else ScoreServer(server, token=token)
        found = ChainScorer(convention=convention, server=asked).read_cache(cache, symbols)
    except GexError as error:
        raise click.ClickException(str(error)) from error
    click.echo(json.dumps(found, indent=2, allow_nan=False))


if __name__ == "__main__":
    sys.exit(main())
