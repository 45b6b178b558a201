"""Which columns of other tables a column's values are computed from, where that is known to be true.

An entry says: with other values in the source, values of the column may be others, in the same window or in a later one.
A test changes one source at a time and compares what comes out. Nothing is said of:

- columns that only tell which rows belong together (`MATCHING`), unless a column repeats them or computes with them;
- raw and bronze tables: they read the vendor's records, and a file is no table;
- tables before a session (`open_…`), which read files, too; `regime_history`, which reads other days;
- derivatives (`d1_…` to `d3_…`), each of which is made of what the column without the prefix is made of;
- `silver_vacuum` and the vectors. `gold_vector_dictionary` names the feature behind each element.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache
from types import MappingProxyType
from typing import Final

from gex_assets.schemas.registry import TABLES

__all__ = ["MATCHING", "column_sources", "sources_in_words"]

_MATCHING: Final = "record_index ts_recv ts_recv_behind ts_window_end instrument_id symbol underlying right strike ts_expiration"
MATCHING: Final = frozenset((*_MATCHING.split(), "ts_listed", "selected", "is_front", "convention", "scope"))
"""Columns by which rows of tables are matched, ordered or selected."""

_SAME: Final = "="
"""A source of the same name as the column."""

_WEIGHTS: Final = ("open_interest", "resting_size", "flow_inventory", "volume", "oi_plus_flow")
_CALLS, _PUTS = (" ".join(f"{right}_{weight}" for weight in _WEIGHTS) for right in ("call", "put"))

_ORDERS: Final = "order_id action side price size flags"
_OF_SIDES: Final = "???_price ???_size ???_orders ???_depth ???_levels ???_add_* ???_pull_* ???_reprice_*"
_PAIRS: Final = "silver_option_quotes: bid_price ask_price book_state; bronze_option_instruments: strike"
_VOLATILITY: Final = f"{_PAIRS}; silver_forward: forward"
_EXPOSURE: Final = f"{_VOLATILITY}; bronze_option_instruments: multiplier"
_INTEREST: Final = "bronze_option_statistics: stat_type quantity is_deleted"
_TRADED: Final = "bronze_option_trades: size is_spread"

_GAMMAS: Final = f"silver_gex_chain: forward multiplier gamma {_CALLS} {_PUTS}"
_WALLS: Final = f"{_GAMMAS} strike; silver_forward: reference_price"
_AROUND: Final = "silver_forward: reference_price; silver_gex_chain: strike"
_REPRICED: Final = f"{_GAMMAS} strike years total_vol"
_ERRORS: Final = f"silver_gex_chain: strike forward multiplier years iv_bid iv_mid iv_ask iv_fit total_vol {_CALLS} {_PUTS}"


def _of_books(orders: str) -> tuple[tuple[str, str], ...]:
    """What the books of options and of futures are made of."""
    return (
        (f"{_OF_SIDES} book_state quote_age_ns", f"{orders}: {_ORDERS}"),
        ("*_exec_*", f"{orders}: order_id action side size flags"),
        ("quote_age_ns last_trade_ts", f"{orders}: ts_recv"),
        ("mid_event", f"{orders}: flags"),
        ("last_trade_price", f"{orders}: action price"),
        ("last_trade_ts", f"{orders}: action"),
        ("trade_*_size aggressor_net", f"{orders}: action side size flags"),
    )


def _of_slots(family: str, exposure: str) -> Iterator[tuple[str, str]]:
    """The exposures of strike slots and their sums."""
    sums = " ".join(f"{family}_{part}" for part in ("above", "below", "imbalance", "net_total", "ahead", "behind"))
    for right in ("call", "put"):
        yield f"{family}_strike_*_{right} {family}_strike_*_net {sums}", f"silver_gex_chain: {right}_gex_{exposure}"


_OF_CONVENTION: Final = "ts_window_end convention session_date convention_version weight_used scale underlying"

_RULES: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "silver_option_quotes": _of_books("bronze_option_mbo"),
    "silver_future_quotes": (
        *_of_books("bronze_future_mbo"),
        ("symbol", f"bronze_future_mbo: {_SAME}"),
        ("vwap", "bronze_future_mbo: action price size flags"),
    ),
    "silver_future_bbo": (
        ("bid_price ask_price", f"bronze_future_mbo: {_ORDERS}"),
        ("ts_event symbol", f"bronze_future_mbo: {_SAME}"),
    ),
    "silver_forward": (
        ("ts_window_end session_date", f"silver_option_quotes: {_SAME}"),
        ("ts_expiration underlying", f"bronze_option_instruments: {_SAME}"),
        ("years", "bronze_option_instruments: ts_expiration"),
        ("discount_factor", "bronze_option_instruments: ts_expiration"),
        ("forward forward_se forward_lower forward_upper n_pairs n_used n_incomplete method quality reference_price", _PAIRS),
        ("n_incomplete quality", "silver_option_quotes: is_complete"),
        ("future_mid", "silver_future_quotes: bid_price ask_price book_state"),
        ("future_vwap", "silver_future_quotes: vwap"),
        ("future_last", "silver_future_quotes: last_trade_price"),
        ("reference_price", "silver_future_quotes: bid_price ask_price book_state vwap last_trade_price"),
    ),
    "silver_gex_chain": (
        ("ts_window_end session_date", f"silver_option_quotes: {_SAME}"),
        ("ts_expiration strike underlying multiplier", f"bronze_option_instruments: {_SAME}"),
        ("years", "bronze_option_instruments: ts_expiration"),
        ("forward", f"silver_forward: {_SAME}"),
        ("iv_* total_vol gamma gamma_se vanna *_delta *_charm net_gex_se quote_age_ns", _VOLATILITY),
        ("gamma_se net_gex_se", "silver_forward: forward_se"),
        ("quote_age_ns", f"silver_option_quotes: {_SAME}"),
        ("*_resting_size *_gex_resting", "silver_option_quotes: bid_depth ask_depth is_complete"),
        ("*_open_interest *_gex_oi *_oi_plus_flow *_volume_over_oi *_open_interest_ts_ref net_gex_se", _INTEREST),
        ("*_open_interest_ts_ref *_oi_plus_flow", "bronze_option_statistics: ts_ref"),
        ("*_flow_inventory *_gex_flow *_oi_plus_flow", "silver_option_quotes: aggressor_net"),
        ("*_flow_inventory *_gex_flow *_oi_plus_flow", "bronze_option_trades: size side is_spread legs"),
        ("*_volume *_volume_over_oi", f"{_TRADED} legs"),
        ("*_gex_*", _EXPOSURE),
        ("*_premium", "silver_option_quotes: bid_price ask_price book_state; bronze_option_instruments: multiplier"),
        ("net_gex_se", "bronze_option_instruments: multiplier"),
    ),
    "silver_gex": (
        ("session_date", f"silver_option_quotes: {_SAME}"),
        ("reference_price", f"silver_forward: {_SAME}"),
        ("forward_quality", "silver_forward: quality"),
        (
            "strike_* distance_* relabel_* gex* flow_* gamma_pull_add_log",
            "silver_forward: reference_price; silver_gex_chain: strike",
        ),
        ("approach_dir", "silver_forward: reference_price"),
        *_of_slots("gex", "resting"),
        *_of_slots("gexoi", "oi"),
        *_of_slots("gexflow", "flow"),
        ("gexflow_*_net gexflow_net_total", "silver_gex_chain: call_flow_inventory put_flow_inventory"),
        ("flow_*_add_intensity gamma_pull_add_log", "silver_option_quotes: bid_add_size ask_add_size"),
        ("flow_*_pull_intensity gamma_pull_add_log", "silver_option_quotes: bid_pull_size ask_pull_size"),
        ("flow_*_pull_rest_intensity", "silver_option_quotes: bid_pull_rest_size ask_pull_rest_size"),
        ("flow_*_intensity", "silver_option_quotes: bid_depth ask_depth is_complete"),
        ("flow_*_imbalance flow_imbalance_near", "silver_option_quotes: bid_add_size bid_pull_size ask_add_size ask_pull_size"),
        ("flow_*_reprice_toward", "silver_option_quotes: bid_reprice_toward_size ask_reprice_toward_size"),
        ("flow_*_reprice_away", "silver_option_quotes: bid_reprice_away_size ask_reprice_away_size"),
        ("gamma_pull_add_log", "silver_gex_chain: gamma"),
        ("trade_dir", "silver_option_quotes: trade_buy_size trade_sell_size"),
    ),
    "silver_gex_levels": (
        ("ts_window_end session_date underlying reference_price", f"silver_forward: {_SAME}"),
        ("forward_quality", "silver_forward: quality"),
        ("weight_used", _INTEREST),
        ("one_day_sigma", "silver_gex_chain: strike forward years total_vol"),
        ("strikes", "silver_gex_chain: forward gamma"),
        ("net_gex gross_gex net_gex_change", _GAMMAS),
        ("total_call_gex", f"silver_gex_chain: forward multiplier gamma {_CALLS}"),
        ("total_put_gex", f"silver_gex_chain: forward multiplier gamma {_PUTS}"),
        ("net_gex_se net_gex_se_*", _ERRORS),
        ("net_gex_se net_gex_se_forward", "silver_forward: forward_se; silver_gex_chain: gamma call_delta put_delta"),
        ("net_gex_change_price net_gex_change_time net_gex_change_volatility", _REPRICED),
        ("net_gex_change_weight", f"{_GAMMAS} strike"),
        ("net_gex_change_relabel", f"silver_gex_chain: strike forward gamma {_CALLS} {_PUTS}"),
        ("coverage", f"silver_gex_chain: gamma {_CALLS} {_PUTS}"),
        ("quoted_share", f"silver_gex_chain: quote_age_ns {_CALLS} {_PUTS}"),
        ("*_wall *_wall_strike *_wall_gex *_wall_share *_wall_kept *_wall_reason *_wall_underlying", _WALLS),
        ("*_wall_kept zero_gamma_se", f"{_ERRORS} gamma call_delta put_delta; silver_forward: forward_se"),
        ("abs_gamma_strike high_gamma_strikes", f"{_GAMMAS} strike"),
        ("zero_gamma zero_gamma_[!m]*", f"{_REPRICED}; silver_forward: reference_price"),
        ("zero_gamma_low zero_gamma_high", "silver_gex_chain: iv_bid iv_ask"),
        ("dex", f"silver_gex_chain: forward multiplier call_delta put_delta {_CALLS} {_PUTS}"),
        ("vanna_exposure", f"silver_gex_chain: forward multiplier vanna {_CALLS} {_PUTS}"),
        ("charm_exposure", f"silver_gex_chain: forward multiplier call_charm put_charm {_CALLS} {_PUTS}"),
    ),
    "silver_gex_profile": (
        ("ts_window_end session_date underlying reference_price", f"silver_forward: {_SAME}"),
        ("weight_used", _INTEREST),
        ("net_gex", f"silver_gex_chain: strike forward multiplier years total_vol {_CALLS} {_PUTS}"),
        ("net_gex", "silver_forward: reference_price"),
    ),
    "regime_scores": (
        (f"{_OF_CONVENTION} reference_price forward_quality", f"silver_gex_levels: {_SAME}"),
        ("net_gex net_gex_se gross_gex call_wall put_wall zero_gamma", f"silver_gex_levels: {_SAME}"),
        ("regime expected_behavior score_*", "silver_gex_levels: reference_price net_gex gross_gex net_gex_se"),
        ("magnitude score_* reason", "silver_gex_levels: reference_price net_gex"),
        ("net_gex_billions", "silver_gex_levels: net_gex"),
        ("hedge_per_sigma", "silver_gex_levels: reference_price net_gex one_day_sigma"),
        ("position_in_range", "silver_gex_levels: reference_price call_wall put_wall"),
        ("bias", "silver_gex_levels: reference_price call_wall put_wall net_gex gross_gex net_gex_se"),
        ("confidence", "silver_gex_levels: coverage forward_quality quoted_share"),
        ("regime magnitude net_gex* gross_gex call_wall put_wall zero_gamma reason", "silver_gex_levels: strikes"),
        ("bias confidence expected_behavior hedge_per_sigma position_in_range score_*", "silver_gex_levels: strikes"),
    ),
    "regime_events": (
        (f"{_OF_CONVENTION} magnitude net_gex reference_price zero_gamma confidence", f"regime_scores: {_SAME}"),
        ("regime_from regime_to change_number seconds_since_change seconds_unknown", "regime_scores: regime"),
        ("net_gex_before", "regime_scores: net_gex"),
        ("reference_price_before", "regime_scores: reference_price"),
        ("unknown_reason", "regime_scores: reason"),
    ),
}
"""Table -> names of columns, which may have wildcards, and what they are made of: `table: columns; table: columns`."""


@cache
def column_sources(name: str) -> Mapping[str, tuple[tuple[str, str], ...]]:
    """Column of a table -> the (table, column) pairs that it is made of; a column of which nothing is said is left out."""
    found: dict[str, dict[tuple[str, str], None]] = {}
    for columns, sources in _RULES.get(name, ()):
        for column in TABLES[name].column_names:
            if any(fnmatchcase(column, pattern) for pattern in columns.split()):
                found.setdefault(column, {}).update(dict.fromkeys(_pairs(sources, column)))
    order = {table: number for number, table in enumerate(TABLES)}
    places = {table: contract.column_names.index for table, contract in TABLES.items()}
    return MappingProxyType(
        {
            column: tuple(sorted(found[column], key=lambda pair: (order[pair[0]], places[pair[0]](pair[1]))))
            for column in TABLES[name].column_names
            if column in found
        }
    )


def sources_in_words(name: str, column: str) -> str:
    """What a column is made of, for people; empty where nothing is said.

    >>> sources_in_words("silver_forward", "future_mid")
    'silver_future_quotes (bid/ask_price, book_state)'
    """
    tables: dict[str, list[str]] = {}
    for table, source in column_sources(name).get(column, ()):
        tables.setdefault(table, []).append(source)
    return "; ".join(f"{table} ({', '.join(_folded(sources))})" for table, sources in tables.items())


def _folded(names: Sequence[str]) -> Iterator[str]:
    """Names of both sides, or of both rights, as one: `call/put_volume`."""
    for name in names:
        side, _, rest = name.partition("_")
        first, second = next((pair for pair in (("call", "put"), ("bid", "ask")) if side in pair), ("", ""))
        if first and {f"{first}_{rest}", f"{second}_{rest}"} <= set(names):
            if side == first:
                yield f"{first}/{second}_{rest}"
        else:
            yield name


def _pairs(sources: str, column: str) -> Iterator[tuple[str, str]]:
    for part in sources.split(";"):
        table, _, names = part.partition(":")
        for source in names.split():
            yield table.strip(), column if source == _SAME else source
