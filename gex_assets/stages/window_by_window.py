"""A day one window at a time: order records go in as they come, and a window's rows come out when it ends.

For a live feed and for replay. The stages are those of the day's tables, so the rows are the same. Bronze rows go in, whole or in
pieces of any size. Rows of silver, vectors, scores and events come out. Outcomes look ahead and are not made.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeVar

import numpy as np
import pyarrow as pa

from gex_assets.conventions import conventions
from gex_assets.market.products import Product
from gex_assets.schemas.bronze_option_instruments import BRONZE_OPTION_INSTRUMENTS
from gex_assets.schemas.silver_future_bbo import SILVER_FUTURE_BBO
from gex_assets.schemas.silver_gex import SILVER_GEX
from gex_assets.settings import Settings
from gex_assets.stages.gold.trigger_vectors import TriggerVectorsStage
from gex_assets.stages.ladders import Ladders, ladders_of
from gex_assets.stages.regime.events import RegimeEventsStage
from gex_assets.stages.regime.scores import RegimeScoresStage
from gex_assets.stages.silver.forward import ForwardStage
from gex_assets.stages.silver.future_bbo import FutureBbo
from gex_assets.stages.silver.gex import GexStage
from gex_assets.stages.silver.gex_chain import ChainStage
from gex_assets.stages.silver.gex_levels import GexLevelsStage
from gex_assets.stages.silver.gex_profile import GexProfileStage
from gex_assets.stages.silver.quotes import FutureBooks, OptionBooks
from gex_assets.stages.silver.vacuum import UNDERLYING_COLUMNS, VacuumBooks, VacuumStage, ZoneBlock
from gex_assets.stages.windows import Windows
from gex_assets.time_units import WINDOW_NS

__all__ = ["WindowByWindow", "WindowRows"]

Item = TypeVar("Item")

_NO_INSTRUMENTS: Final = BRONZE_OPTION_INSTRUMENTS.empty()
_NOTHING_NAMED: Final = SILVER_GEX.empty().select(UNDERLYING_COLUMNS)


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowRows:
    """Rows of one window, by table; tables without rows in it are left out.

    Attributes
    ----------
    ts_window_end : when it ends. [UNIX ns UTC]
    tables : name of a table -> its rows of this window, in the table's order; of `silver_future_bbo` those of moments before the
        window's end that came with no window before.
    """

    ts_window_end: int
    tables: dict[str, pa.Table]


class WindowByWindow:
    """The stages of one product and day, driven by a clock.

    Parameters
    ----------
    product : whose options and futures they are.
    day : the partition's date.
    settings : rate, reference price, expirations, conventions and so on; the same as for the day's tables.
    option_windows, future_windows : the windows in which options and futures have rows.
    tally : counts what the stages meet; what the books meet is in `books_tally`.
    future_claims : when records of futures are read (`schemas.vendor_shapes.CLAIMED`), as far as it is known. None: all are.
        Claims of options come with the instruments.

    Notes
    -----
    Instruments, statistics and trades must be added before the window is closed that they belong to. A record that comes later
    than its window's end counts in the window that is open then.
    """

    def __init__(
        self,
        *,
        product: Product,
        day: date,
        settings: Settings,
        option_windows: Windows,
        future_windows: Windows,
        tally: Counter[str],
        future_claims: pa.Table | None = None,
    ) -> None:
        self._settings = settings
        self._tally = tally
        self._conventions = conventions(settings.conventions)
        self._ends = sorted({*option_windows.ends.tolist(), *future_windows.ends.tolist()})
        self._closed = 0
        self._ladders: Ladders = ladders_of(_NO_INSTRUMENTS, tally=Counter())
        self._statistics: list[pa.Table] = []
        self._options = OptionBooks(windows=option_windows, windows_per_group=1)
        self._futures = FutureBooks(windows=future_windows, windows_per_group=1, claims=future_claims)
        self._bbo = FutureBbo(
            until=int(future_windows.ends[-1]) if len(future_windows) else None, tally=tally, claims=future_claims
        )
        self._zones = VacuumBooks(tick=product.future_tick, windows=future_windows, windows_per_group=1, claims=future_claims)
        self._option_quotes: deque[tuple[int, pa.Table]] = deque()
        self._future_quotes: deque[tuple[int, pa.Table]] = deque()
        self._zone_blocks: deque[tuple[int, ZoneBlock]] = deque()
        self._best_prices: deque[pa.Table] = deque()
        self._future_windows = future_windows
        self._forward = ForwardStage(
            rate=settings.rate,
            reference_price=settings.reference_price,
            expirations=settings.expirations,
            sure_se=product.sure_forward_se,
            tally=tally,
        )
        self._chain = ChainStage(
            product=product.name,
            rate=settings.rate,
            open_ratio=settings.open_ratio,
            expirations=settings.expirations,
            tally=tally,
        )
        self._gex = GexStage(tally=tally)
        self._levels: GexLevelsStage | None = None
        self._profile: GexProfileStage | None = None
        self._scores = RegimeScoresStage(
            conventions=self._conventions,
            min_strikes_required=settings.min_strikes_required,
            base_scores=settings.base_scores,
            multiplier=product.multiplier,
            tally=tally,
        )
        self._events = RegimeEventsStage(tally=tally)
        self._vacuum = VacuumStage(windows=future_windows, product=product.name, day=day, tally=tally)
        self._vectors = TriggerVectorsStage(
            strike_grid=product.strike_grid, multiplier=product.multiplier, tick=product.future_tick, tally=tally
        )

    @property
    def books_tally(self) -> Counter[str]:
        """What the books of options and futures met, by kind (`kernels.order_book.books.OrderBooks.counts`)."""
        return self._options.counts + self._futures.counts

    def set_instruments(self, instruments: pa.Table) -> None:
        """Take `bronze_option_instruments` as far as it is known; a later one has at least the rows and claims of this one."""
        self._ladders = ladders_of(instruments, tally=Counter())
        self._options.list(instruments)

    def set_future_claims(self, claims: pa.Table) -> None:
        """Take the claims of futures as far as they are known; a later table has more of them, before they begin."""
        for books in (self._futures, self._zones, self._bbo):
            books.claim(claims)

    def add_statistics(self, statistics: pa.Table) -> None:
        """Add rows of `bronze_option_statistics`."""
        self._chain.add_statistics(statistics)
        if self._levels is None or self._profile is None:
            self._statistics.append(statistics)
            return
        self._levels.add_statistics(statistics)
        self._profile.add_statistics(statistics)

    def add_trades(self, trades: pa.Table) -> None:
        """Add rows of `bronze_option_trades`."""
        self._chain.add_trades(trades)

    def add_option_orders(self, orders: pa.Table) -> None:
        """Add rows of `bronze_option_mbo` in the file's order (at least `quotes.ORDER_COLUMNS`)."""
        self._option_quotes.extend(_by_window(self._options.records(orders)))

    def add_future_orders(self, orders: pa.Table) -> None:
        """Add rows of `bronze_future_mbo` in the file's order (at least `future_bbo.RECORD_COLUMNS`)."""
        self._future_quotes.extend(_by_window(self._futures.records(orders)))
        self._zone_blocks.extend(self._by_window_of_zones(self._zones.records(orders)))
        self._best_prices.append(self._bbo.records(orders))

    def close_until(self, ts: int) -> Iterator[WindowRows]:
        """Advance the clock and give every window that ends at or before it and was not yet given. [UNIX ns UTC]."""
        self._option_quotes.extend(_by_window(self._options.close_until(ts)))
        self._future_quotes.extend(_by_window(self._futures.close_until(ts)))
        self._zone_blocks.extend(self._by_window_of_zones(self._zones.close_until(ts)))
        self._best_prices.append(self._bbo.close_until(ts))
        while self._closed < len(self._ends) and self._ends[self._closed] <= ts:
            end = self._ends[self._closed]
            self._closed += 1
            made = self._rows_of(end)
            yield WindowRows(ts_window_end=end, tables={name: rows for name, rows in made.items() if rows.num_rows})

    def _rows_of(self, end: int) -> dict[str, pa.Table]:
        futures = _taken(self._future_quotes, end)
        made: dict[str, pa.Table] = {} if futures is None else {"silver_future_quotes": futures}
        made["silver_future_bbo"] = _taken_before(self._best_prices, end)
        quotes = _taken(self._option_quotes, end)
        if quotes is not None:
            made["silver_option_quotes"] = quotes
            made |= self._of_options(quotes, futures)
        block = _taken(self._zone_blocks, end)
        if block is not None:
            slots = made.get("silver_gex")
            named = _NOTHING_NAMED if slots is None else slots.select(UNDERLYING_COLUMNS)
            made["silver_vacuum"] = self._vacuum.rows(block, underlyings=named)
        made["gold_trigger_vectors"] = self._vectors.rows(
            levels=made.get("silver_gex_levels"),
            gex=made.get("silver_gex"),
            vacuum=made.get("silver_vacuum"),
            future_quotes=futures,
        )
        return made

    def _of_options(self, quotes: pa.Table, futures: pa.Table | None) -> dict[str, pa.Table]:
        ladders = self._ladders
        forward = self._forward.rows(quotes, ladders=ladders, futures=futures)
        chain = self._chain.rows(quotes, ladders=ladders, forward=forward)
        made = {
            "silver_forward": forward,
            "silver_gex_chain": chain,
            "silver_gex": self._gex.rows(quotes, chain=chain, forward=forward, ladders=ladders),
        }
        if forward.num_rows == 0:
            return made
        levels_stage, profile_stage = self._stages_of_levels(forward["ts_window_end"][0].as_py())
        levels = levels_stage.rows(chain, forward=forward)
        scores = self._scores.rows(levels)
        return made | {
            "silver_gex_levels": levels,
            "silver_gex_profile": profile_stage.rows(chain, forward=forward),
            "regime_scores": scores,
            "regime_events": self._events.rows(scores),
        }

    def _stages_of_levels(self, end: int) -> tuple[GexLevelsStage, GexProfileStage]:
        """Levels and profile choose their weights by what was known when the first window with a forward ended."""
        if self._levels is None or self._profile is None:
            start, rate = end - WINDOW_NS, self._settings.rate
            self._levels = GexLevelsStage(
                conventions=self._conventions, first_window_start_ns=start, rate=rate, tally=self._tally
            )
            self._profile = GexProfileStage(
                conventions=self._conventions, first_window_start_ns=start, rate=rate, tally=self._tally
            )
            for statistics in self._statistics:
                self._levels.add_statistics(statistics)
                self._profile.add_statistics(statistics)
            self._statistics.clear()
        return self._levels, self._profile

    def _by_window_of_zones(self, blocks: Iterable[ZoneBlock]) -> Iterator[tuple[int, ZoneBlock]]:
        return ((int(self._future_windows.ends[block.rows.end - 1]), block) for block in blocks)


def _by_window(tables: Iterable[pa.Table]) -> Iterator[tuple[int, pa.Table]]:
    return ((table["ts_window_end"][0].as_py(), table) for table in tables)


def _taken(waiting: deque[tuple[int, Item]], end: int) -> Item | None:
    """The next item if it is of the window that ends then; windows without rows have none."""
    return waiting.popleft()[1] if waiting and waiting[0][0] == end else None


def _taken_before(waiting: deque[pa.Table], end: int) -> pa.Table:
    """The rows whose ts_recv lies before a window's end; the others go on waiting."""
    rows = pa.concat_tables([SILVER_FUTURE_BBO.empty(), *waiting])
    waiting.clear()
    count = int(np.searchsorted(rows["ts_recv"].to_numpy(), end, side="left"))
    waiting.append(rows.slice(count))
    return rows.slice(0, count)
