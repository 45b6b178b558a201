"""SQL views that join tables. They need no file of their own.

Each is built from the SELECTs behind the views of its tables, so that any DuckDB can run it alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from gex_assets.market.products import PRODUCTS
from gex_assets.schemas.gold_trigger_outcomes import BARS, OUTCOMES

__all__ = ["JOINED"]


def _exposure_by_product(statements: Mapping[str, str]) -> str:
    """Exposures of all products in one unit, next to their futures' volume: a row per window, product and convention.

    With P the row's reference price (that of the front expiration) and M the product's multiplier:

    - exposure [USD per 1 %] = exposure × 1, P / 100, P² / 100 or P·M, by the convention's scale;
    - exposure [futures per 1 %] = exposure [USD per 1 %] / (P·M).

    Volumes are those of the underlying future, NULL without futures.
    """
    facts = ", ".join(f"('{one.name}', {one.multiplier!r}::DOUBLE)" for one in PRODUCTS.values())
    return f"""
        WITH levels AS (SELECT * FROM ({statements["silver_gex_levels"]}) WHERE scope = 'selected'),
        facts(product, multiplier) AS (VALUES {facts}),
        traded AS (
            SELECT product, date, ts_window_end, symbol AS underlying,
                   trade_buy_size + trade_sell_size + trade_none_size AS future_volume,
                   sum(trade_buy_size + trade_sell_size + trade_none_size)
                       OVER (PARTITION BY product, date, symbol ORDER BY ts_window_end)::BIGINT AS future_volume_so_far
            FROM ({statements["silver_future_quotes"]})
        ),
        exposures AS (
            SELECT levels.*, multiplier,
                   CASE scale WHEN 'usd_per_1pct' THEN 1.0
                              WHEN 'usd_per_point' THEN reference_price * 0.01
                              WHEN 'delta_per_point' THEN reference_price * reference_price * 0.01
                              WHEN 'contracts_per_1pct' THEN reference_price * multiplier END AS usd,
                   reference_price * multiplier AS contract_usd
            FROM levels JOIN facts USING (product)
        )
        SELECT date, ts_window_end, product, convention, session_date, convention_version, weight_used, underlying,
               reference_price, multiplier, net_gex * usd AS net_usd_per_1pct, gross_gex * usd AS gross_usd_per_1pct,
               net_gex * usd / contract_usd AS net_contracts_per_1pct,
               gross_gex * usd / contract_usd AS gross_contracts_per_1pct,
               future_volume, future_volume_so_far,
               net_gex * usd / contract_usd / nullif(future_volume_so_far, 0) AS net_share_of_volume
        FROM exposures LEFT JOIN traded USING (product, date, ts_window_end, underlying)
    """  # noqa: S608 (names and numbers from the schemas and the market's facts)


def _outcomes_by_level(statements: Mapping[str, str]) -> str:
    """Shares of outcomes over first rows of episodes, by level and horizon, next to how far the price turned back.

    Shares alone say little: a touch begins before the level, so more is rejected than broken by chance. `turned_back` is the
    mean whose expectation without drift is 0, `turned_back_se` its standard error if episodes were independent. It is NULL where
    all episodes turned back as far: prices come in ticks, so a few that are equal say nothing of how sure their mean is.
    """
    bars = " UNION ALL ".join(
        f"SELECT product, date, convention, level_id, price_source, {bar} AS bar, outcome_{bar} AS outcome, "  # noqa: S608 (a number)
        f"turned_back_{bar} AS turned_back FROM first_rows"
        for bar in range(1, BARS + 1)
    )
    shares = ", ".join(f"avg((outcome = '{word}')::INTEGER) AS {word.lower()}_share" for word in OUTCOMES)
    return f"""
        WITH first_rows AS (
            SELECT * FROM ({statements["gold_trigger_outcomes"]})
            QUALIFY row_number() OVER (PARTITION BY product, date, episode_id ORDER BY ts_window_end) = 1
        ),
        by_bar AS ({bars})
        SELECT product, date, convention, level_id, price_source, bar, count(outcome) AS episodes, {shares},
               avg(turned_back) AS turned_back,
               nullif(stddev_samp(turned_back), 0) / sqrt(count(turned_back)) AS turned_back_se,
               count(turned_back) AS turned_back_episodes
        FROM by_bar GROUP BY product, date, convention, level_id, price_source, bar
    """  # noqa: S608 (names and numbers from the schemas)


JOINED: Final[Mapping[str, Callable[[Mapping[str, str]], str]]] = MappingProxyType(
    {"exposure_by_product": _exposure_by_product, "outcomes_by_level": _outcomes_by_level}
)
"""Name of each view -> how it is made of the SELECTs of the tables' views."""
