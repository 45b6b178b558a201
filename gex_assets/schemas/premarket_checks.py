"""The check of `open_levels`: whether the settlement prices can be trusted with levels."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from gex_assets.schemas.checks import Verdict

__all__ = ["REPRICED_COLUMNS", "settlements_are_repriced"]

REPRICED_COLUMNS: Final = ("scope", "options_settled", "repriced_share")
"""Columns of `open_levels` that the check reads."""

_LEAST: Final = 0.99


def settlements_are_repriced(levels: pa.Table, *, least_share: float = _LEAST) -> Verdict:
    """Gamma's volatility prices the options near the money within a tick of their settlements; see `repriced_share`.

    It does not where settlements are of different moments, contradict put-call parity, or are in another unit.

    Parameters
    ----------
    levels : at least `REPRICED_COLUMNS` of `open_levels`. Without rows nothing was settled, and the check passes.
    least_share : share of the options within two standard deviations that must be. [1]
    """
    rows = [row for row in levels.select(list(REPRICED_COLUMNS)).to_pylist() if row["scope"] == "all"]
    name = "settlements_are_repriced"
    if not rows:
        return Verdict(name=name, passed=True, text="nothing was settled", severity="warn", facts={"options": 0})
    share, options = rows[0]["repriced_share"], rows[0]["options_settled"]
    passed = share is not None and share >= least_share
    found = "no option near the money has a volatility" if share is None else f"{share:.1%} of the options near the money are"
    return Verdict(
        name=name,
        passed=passed,
        text=found if passed else f"Expected at least {least_share:.0%} within a tick of their settlement, was: {found}",
        severity="warn",
        facts={"options": options} | ({} if share is None else {"share": share}),
    )
