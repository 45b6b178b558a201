"""What is known when a session opens, from statistics alone: options, what is in force of each, and the settlements' chain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gex_assets.conventions import Convention
from gex_assets.market.sessions import Session
from gex_assets.stages.expirations_in_force import HowMany, expirations_in_force
from gex_assets.stages.ladders import Ladders, ladders_of
from gex_assets.stages.premarket.settled import Settled, settled
from gex_assets.stages.premarket.settlement_chain import SettlementChain, settlement_chain
from gex_assets.stages.silver.convention_scopes import DayConventions

__all__ = ["WEIGHT", "Opening", "opening_of"]

WEIGHT: Final = "open_interest"
"""The only weight that is known before a session: nothing rests and nothing is traded yet."""

_EPOCH: Final = date(1970, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A session's opening.

    Attributes
    ----------
    session : the session.
    ladders : of all options, selected or not.
    found : what is in force about earlier sessions, of `ladders.instrument_ids`.
    chain : of the expirations that outlive the opening.
    selected : the expirations that the settings choose then. [UNIX ns UTC]
    """

    session: Session
    ladders: Ladders
    found: Settled
    chain: SettlementChain
    selected: frozenset[int]

    @property
    def is_settled(self) -> bool:
        """Whether an option that outlives the opening can have a price: without any settlement there are no levels."""
        return self.chain.trade_date is not None and self.chain.rows.num_rows > 0

    @property
    def has_open_interest(self) -> bool:
        """Whether the open interest of any option is known."""
        return bool(np.isfinite(self.found.open_interest.value).any())

    @property
    def ts_known(self) -> int | None:
        """When the last statistic was published that is used of an option of the chain; None without any. [UNIX ns UTC]."""
        moments = [self._of_chain(one.value, one.ts_known) for one in self.found]
        return max((int(one.max()) for one in moments if one.size), default=None)

    @property
    def open_interest_date(self) -> date | None:
        """Trade date of the latest open interest of the chain; None without any, and where the venue does not say."""
        dates = self._of_chain(self.found.open_interest.value, self.found.open_interest.trade_date)
        latest = int(dates.max(initial=-1))
        return None if latest < 0 else _EPOCH + timedelta(days=latest)

    @property
    def open_interest_is_final(self) -> bool | None:
        """Whether that of most options was published more than once for its date; None without any."""
        final = self._of_chain(self.found.open_interest.value, self.found.open_interest.is_final)
        return bool(final.mean() > 0.5) if final.size else None

    def _of_chain(self, value: NDArray[np.float64], of_options: NDArray[Any]) -> NDArray[Any]:
        """What is said of the chain's options that have a value."""
        options = self.chain.positions[self.chain.positions >= 0]
        return of_options[options[~np.isnan(value[options])]]

    def conventions(self, conventions: Sequence[Convention], *, tally: Counter[str]) -> DayConventions:
        """The conventions that count open interest, with the weight that they have then.

        Parameters
        ----------
        conventions : all of the settings.
        tally : counts the others as `conventions_without_open_interest`.
        """
        counted = tuple(one for one in sorted(conventions, key=lambda one: one.name) if _counts_open_interest(one))
        tally["conventions_without_open_interest"] += len(conventions) - len(counted)
        return DayConventions(counted, tuple(WEIGHT if self.has_open_interest else None for _ in counted))


def opening_of(
    statistics: pa.Table,
    *,
    instruments: pa.Table,
    session: Session,
    expirations: HowMany,
    rate: float,
    tick: float,
    tally: Counter[str],
) -> Opening:
    """Find what is known when a session opens.

    Parameters
    ----------
    statistics : rows of `BRONZE_OPTION_STATISTICS`; what they say of the session itself or later ones is left out.
    instruments : rows of `BRONZE_OPTION_INSTRUMENTS` as of the session's date: which are selected, and which expirations.
    session : the session.
    expirations : setting: how many of the selected expirations the scope `selected` has.
    rate : continuously compounded. [1/year]
    tick : least step of an option's price. [index points]
    tally : counts `options_without_settlement`, `options_without_open_interest`, and what `settled`, `settlement_chain` and
        `ladders_of` count.

    Raises
    ------
    SettingsError
        `expirations` has an unusable value.
    """
    ladders = ladders_of(_all_of(instruments), tally=tally)
    found = settled(
        statistics,
        instrument_ids=ladders.instrument_ids,
        session_date=session.session_date,
        ts_open=session.open_ns,
        tally=tally,
    )
    tally["options_without_settlement"] += int(np.count_nonzero(np.isnan(found.price.value)))
    tally["options_without_open_interest"] += int(np.count_nonzero(np.isnan(found.open_interest.value)))
    chain = settlement_chain(ladders, found, ts_open=session.open_ns, rate=rate, tick=tick, tally=tally)
    selected = _selected_expirations(instruments, session=session, expirations=expirations)
    return Opening(session=session, ladders=ladders, found=found, chain=chain, selected=selected)


def _counts_open_interest(convention: Convention) -> bool:
    return WEIGHT in convention.weights and convention.sign_model != "flow_signed"


def _all_of(instruments: pa.Table) -> pa.Table:
    """The same, every one of them selected."""
    place = instruments.column_names.index("selected")
    return instruments.set_column(place, instruments.schema.field("selected"), pa.array(np.ones(instruments.num_rows, np.bool_)))


def _selected_expirations(instruments: pa.Table, *, session: Session, expirations: HowMany) -> frozenset[int]:
    """The expirations that the settings choose when the session opens.

    An option that no definition lists is known by its statistics, which came before the session.
    """
    place = instruments.column_names.index("ts_listed")
    listed = pc.fill_null(instruments["ts_listed"], session.open_ns - 1)
    chosen = ladders_of(instruments.set_column(place, instruments.schema.field("ts_listed"), listed), tally=Counter())
    if not chosen.by_expiration:
        return frozenset()
    in_force = expirations_in_force(chosen, ends=np.array([session.open_ns]), expirations=expirations)[0]
    return frozenset(ladder.ts_expiration for ladder, is_in in zip(chosen.by_expiration, in_force.tolist(), strict=True) if is_in)
