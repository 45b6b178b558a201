"""The moment at which a future and an index are compared: that of the chain's quotes, or the last one with an index before it."""

from __future__ import annotations

from dataclasses import dataclass

from gex_assets.chain.files.rows import ChainFile
from gex_assets.chain.moments import moment_ns
from gex_assets.chain.summary import ChainRequest
from gex_assets.errors import ChainError, SymbolError
from gex_assets.market.index_chains import INDEX_CHAINS, IndexChain, index_chain, last_index_moment_ns
from gex_assets.market.listed_options import listed_root

__all__ = ["IndexMoment", "checked_ratio", "index_moment"]


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexMoment:
    """When an index chain was quoted, and when its index was last computed.

    Attributes
    ----------
    symbol : underlying of the chain.
    facts : the future that belongs to it.
    price : of the index or fund. [index points]
    ts_file : the moment that the file or the caller says. [UNIX ns UTC]
    delay_ns : how much older than that the quotes are. [ns]
    ts_quotes : `ts_file - delay_ns`. [UNIX ns UTC]
    ts_ratio : `ts_quotes`, or the last moment before it at which the index was computed. [UNIX ns UTC]
    """

    symbol: str
    facts: IndexChain
    price: float
    ts_file: int
    delay_ns: int
    ts_quotes: int
    ts_ratio: int

    @property
    def is_frozen(self) -> bool:
        """Whether the index stood still when the chain was quoted."""
        return self.ts_ratio < self.ts_quotes


def index_moment(chain: ChainFile, request: ChainRequest, *, product: str) -> IndexMoment:
    """When a chain was quoted.

    Parameters
    ----------
    chain : as read.
    request : whose symbol, price and moment win over the file's. A moment of the caller has no delay.
    product : the future that the chain is to stand with.

    Raises
    ------
    ChainError
        The chain is on no index of this future, or its price or moment is not known.
    """
    symbol = request.symbol or chain.symbol
    own = [name for name, one in INDEX_CHAINS.items() if one.product == product]
    try:
        facts = None if symbol is None else index_chain(symbol)
    except SymbolError:
        facts = None
    if symbol is None or facts is None or facts.product != product:
        of = "no name: add --symbol" if symbol is None else f"{symbol!r}"
        raise ChainError(f"Expected a chain on {', '.join(own) or 'an index'} to stand with {product}, was {of}")
    spot = request.spot if request.spot is not None else chain.spot
    if spot is None or not spot > 0.0:
        raise ChainError(f"Expected a price of {symbol} in {chain.file}, was {spot}: add --spot PRICE")
    moment = request.as_of or chain.as_of
    if moment is None:
        raise ChainError(f"Expected a moment in {chain.file}, was none: add --as-of 2026-01-06T15:00-05:00")
    ts_file = moment_ns(moment)
    delay_ns = chain.delay_ns if request.as_of is None else 0
    root = symbol.strip().upper().lstrip("^$._")
    return IndexMoment(
        symbol=listed_root(root).underlying,
        facts=facts,
        price=spot,
        ts_file=ts_file,
        delay_ns=delay_ns,
        ts_quotes=ts_file - delay_ns,
        ts_ratio=last_index_moment_ns(ts_file - delay_ns),
    )


def checked_ratio(moment: IndexMoment, *, future_price: float) -> float:
    """How many times the index's price the future is: strikes of the index stand at so many times themselves. [1].

    Parameters
    ----------
    future_price : at `moment.ts_ratio`. [index points]

    Raises
    ------
    ChainError
        The ratio is not what it can be: a price is of another moment, symbol or unit.
    """
    ratio, about = future_price / moment.price, moment.facts.ratio
    low, high = about * (1.0 - moment.facts.slack), about * (1.0 + moment.facts.slack)
    if not low <= ratio <= high:
        raise ChainError(
            f"Expected the ratio of {moment.facts.product} to {moment.symbol} between {low:.4g} and {high:.4g}, was {ratio:.4g} "
            f"({future_price:,.2f} / {moment.price:,.2f}): check the chain's price, its moment and what it is on"
        )
    return ratio
