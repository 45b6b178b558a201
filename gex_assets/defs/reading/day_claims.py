"""Which of a day's files is read for which instrument and when, for the assets of orders."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from gex_assets.defs.table_day import TableDay
from gex_assets.market.sessions import sessions

if TYPE_CHECKING:
    from gex_assets.lake.raw.claims import Claim, Times
    from gex_assets.market.symbols import OptionSymbol
    from gex_assets.stages.bronze.instrument_names import InstrumentNames

__all__ = ["DayClaims", "future_claims", "option_claims"]

_SUNDAY: Final = 6


@dataclass(frozen=True, slots=True)
class DayClaims:
    """The claims of the files of a raw table, in its order; and when names hold that do not hold all day."""

    claims: "list[Claim]"
    names_hold: "dict[int, Times]"

    def stretches(self) -> pa.Table:
        """When records of each instrument are read: rows of `vendor_shapes.CLAIMED`."""
        from gex_assets.lake.raw.claims import claimed_stretches

        return claimed_stretches(self.claims, names_hold=self.names_hold)


def option_claims(day: TableDay, files: pa.Table, *, definitions: pa.Table, names: "InstrumentNames[OptionSymbol]") -> DayClaims:
    """The claims of the day's files of option orders.

    Parameters
    ----------
    files : `raw_option_mbo` of the day.
    definitions : rows of `vendor_shapes.DEFINITIONS`; they add instruments that a file was asked for and does not map.
    names : the day's options.
    """
    from gex_assets.lake.raw.claims import claims_of
    from gex_assets.lake.raw.reference_data import added_by_definitions
    from gex_assets.stages.bronze.instrument_names import names_hold

    since = {row["path"]: added_by_definitions(day.lake.fs, row, definitions) for row in files.to_pylist()}
    claims = claims_of(files, week_starts=_week_starts(day), since=since)
    return DayClaims(claims, names_hold(names, definitions))


def future_claims(day: TableDay, files: pa.Table) -> DayClaims:
    """The claims of the day's files of futures' orders, `raw_future_mbo`."""
    from gex_assets.lake.raw.claims import claims_of

    return DayClaims(claims_of(files, week_starts=_week_starts(day)), {})


def _week_starts(day: TableDay) -> list[int]:
    """When a trading week begins on the day: books begin empty then, and are complete. [UNIX ns UTC]."""
    if day.day.weekday() != _SUNDAY:
        return []
    return [session.open_ns for session in sessions(product=day.product, day=day.day)][:1]
