"""SQL views for people: moments as TIMESTAMPTZ, the levels of now in one row each, and days that are partial."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pyarrow as pa

from gex_assets.conventions import SCALE_UNITS
from gex_assets.defaults import IN_REACH_SIGMAS
from gex_assets.lake.lineage import LINEAGE_KEY
from gex_assets.schemas.table import Table

__all__ = ["PARTIAL_DAYS", "UTC", "latest_levels", "partial_days", "with_moments"]

UTC: Final = "_utc"
"""End of the name of a view whose moments are TIMESTAMPTZ."""

PARTIAL_DAYS: Final = "partial_days"
"""Name of the view of days that were still running when they were made."""

_MOMENT_UNIT: Final = "UNIX ns UTC"


def with_moments(table: Table, select: str) -> str:
    """The SELECT behind the view of a table whose moments are TIMESTAMPTZ, to the microsecond that this type has.

    Parameters
    ----------
    select : the SELECT behind the table's own view, whose moments are integers. [UNIX ns]
    """
    moments = [column.name for column in table.columns if column.unit == _MOMENT_UNIT and pa.types.is_int64(column.type)]
    replaced = ", ".join(f'make_timestamptz("{name}" // 1000) AS "{name}"' for name in moments)
    return f"SELECT * REPLACE ({replaced}) FROM ({select})" if moments else select  # noqa: S608 (names from the schemas)


def latest_levels(statements: Mapping[str, str]) -> str:
    """The last known levels of every product: a row per convention and scope of its latest day.

    The window is the last one with a reference price. `flip` is zero gamma; it is NULL where there is none or where it is out of
    reach, and `flip_reason` says so. `flip_error` is the larger of its standard error and half of its band, in points.
    It is NULL under `strike_sign_change`, whose band between many signs says nothing of an error.
    """
    units = " ".join(f"WHEN '{scale}' THEN '{unit}'" for scale, unit in SCALE_UNITS.items())
    reach = f"coalesce(zero_gamma_sigmas <= {IN_REACH_SIGMAS}, true)"
    return f"""
        WITH days AS (SELECT product, max(date) AS date FROM ({statements["silver_gex_levels"]}) GROUP BY product),
        ends AS (
            SELECT product, date, convention, scope, max(ts_window_end) AS ts_window_end
            FROM ({statements["silver_gex_levels"]}) AS levels JOIN days USING (product, date)
            WHERE reference_price IS NOT NULL GROUP BY product, date, convention, scope
        ),
        levels AS (
            SELECT levels.* FROM ({statements["silver_gex_levels"]}) AS levels
            JOIN ends USING (product, date, convention, scope, ts_window_end)
        ),
        regimes AS (
            SELECT product, date, ts_window_end, convention, 'selected' AS scope, regime, magnitude, bias, confidence
            FROM ({statements["regime_scores"]}) AS regimes JOIN days USING (product, date)
        )
        SELECT product, convention, scope, make_timestamptz(ts_window_end // 1000) AS window_end,
               reference_price AS price,
               CASE WHEN {reach} THEN zero_gamma END AS flip,
               CASE WHEN {reach} AND flip_rule <> 'strike_sign_change'
                    THEN greatest(zero_gamma_se, (zero_gamma_high - zero_gamma_low) / 2) END AS flip_error,
               CASE WHEN {reach} THEN zero_gamma_low END AS flip_low,
               CASE WHEN {reach} THEN zero_gamma_high END AS flip_high,
               CASE WHEN NOT {reach} THEN 'none in reach' ELSE zero_gamma_reason END AS flip_reason,
               put_wall, call_wall, regime, magnitude, bias, confidence,
               net_gex, net_gex_se, gross_gex, CASE scale {units} END AS unit,
               coverage, forward_quality, underlying, weight_used, date
        FROM levels LEFT JOIN regimes USING (product, date, ts_window_end, convention, scope)
        ORDER BY product, convention, scope
    """  # noqa: S608 (names and numbers from the schemas)


def partial_days(files: str | None) -> str:
    """Days that were still running when their levels were made, and up to when, by the lineage in each file's footer.

    A researcher who wants whole days leaves them out: `… WHERE (product, date) NOT IN (SELECT product, date FROM partial_days)`.

    Parameters
    ----------
    files : of `silver_gex_levels`, as SQL names them; None where there are none.
    """
    if files is None:
        return "SELECT NULL::VARCHAR AS product, NULL::DATE AS date, NULL::TIMESTAMPTZ AS until WHERE false"
    return f"""
        WITH footers AS (
            SELECT file_name, regexp_extract(decode(value), '"partial_until_ns":([0-9]+)', 1) AS until
            FROM parquet_kv_metadata({files}) WHERE decode(key) = '{LINEAGE_KEY.decode()}'
        )
        SELECT regexp_extract(file_name, 'product=([^/]+)', 1) AS product,
               regexp_extract(file_name, 'date=([0-9-]+)', 1)::DATE AS date,
               make_timestamptz(until::BIGINT // 1000) AS until
        FROM footers WHERE until <> '' ORDER BY product, date
    """  # noqa: S608 (paths of the lake's own layout, quoted)
