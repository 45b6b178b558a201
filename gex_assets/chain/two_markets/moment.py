"""The moment at which a future and an index are compared: that of the chain's quotes, or the last one with an index before it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

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

    @classmethod
    def of(cls, *, symbol: str, price: float, as_of: datetime | int | str, product: str, delay_ns: int = 0) -> IndexMoment:
        """When a chain was quoted.

        Parameters
        ----------
        symbol : underlying of the chain, or a root of its options.
        price : of the index or fund. [index points]
        as_of : the moment that the chain has; without a zone it is UTC.
        product : the future that the chain is to stand with.
        delay_ns : how much older than `as_of` the quotes are. [ns]

        Raises
        ------
        ChainError
            The chain is on no index of this future, its price is not positive, or the moment is none.

        Examples
        --------
        >>> moment = IndexMoment.of(symbol="SPXW", price=6_900.0, as_of="2026-01-06T23:00Z", product="ES")
        >>> moment.symbol, moment.is_frozen, (moment.ts_quotes - moment.ts_ratio) // 10**9
        ('SPX', True, 7200)
        """
        try:
            facts = index_chain(symbol)
        except SymbolError:
            facts = None
        if facts is None or facts.product != product:
            own = ", ".join(name for name, one in INDEX_CHAINS.items() if one.product == product)
            raise ChainError(f"Expected a chain on {own or 'an index'} to stand with {product}, was {symbol!r}")
        if not (math.isfinite(price) and price > 0.0):
            raise ChainError(f"Expected a positive price of {symbol}, was {price:g}")
        ts_file = moment_ns(as_of)
        return cls(
            symbol=listed_root(symbol.strip().upper().lstrip("^$._")).underlying,
            facts=facts,
            price=price,
            ts_file=ts_file,
            delay_ns=delay_ns,
            ts_quotes=ts_file - delay_ns,
            ts_ratio=last_index_moment_ns(ts_file - delay_ns),
        )

    @property
    def is_frozen(self) -> bool:
        """Whether the index stood still when the chain was quoted."""
        return self.ts_ratio < self.ts_quotes


def index_moment(chain: ChainFile, request: ChainRequest, *, product: str) -> IndexMoment:
    """When the chain of a file was quoted.

    Parameters
    ----------
    chain : as read.
    request : whose symbol, price and moment win over the file's. A moment of the caller has no delay.
    product : the future that the chain is to stand with.

    Raises
    ------
    ChainError
        As `IndexMoment.of`, or symbol, price or moment is not known.
    """
    symbol = request.symbol or chain.symbol
    spot = request.spot if request.spot is not None else chain.spot
    moment = request.as_of or chain.as_of
    if symbol is None:
        raise ChainError(f"Expected an underlying in {chain.file}, was none: add --symbol NAME")
    if spot is None:
        raise ChainError(f"Expected a price of {symbol} in {chain.file}, was none: add --spot PRICE")
    if moment is None:
        raise ChainError(f"Expected a moment in {chain.file}, was none: add --as-of 2026-01-06T15:00-05:00")
    delay_ns = chain.delay_ns if request.as_of is None else 0
    return IndexMoment.of(symbol=symbol, price=spot, as_of=moment, product=product, delay_ns=delay_ns)


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
