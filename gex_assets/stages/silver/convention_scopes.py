"""The conventions of a day with the weights chosen for them, and one walk over all conventions and scopes.

The levels and the profile have a row per window, convention and scope. Both take from here the columns that name a convention,
and the order of their work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gex_assets.analytics.chain_levels import Scope
from gex_assets.conventions import Convention
from gex_assets.schemas.bronze_option_statistics import BRONZE_OPTION_STATISTICS
from gex_assets.stages.row_block import category
from gex_assets.stages.silver.chain_weights import chosen_weight, open_interest_is_known

__all__ = ["DayConventions", "ScopeAnswer", "WeightChoice", "each_convention_and_scope"]

Int = NDArray[np.int64]
Bool = NDArray[np.bool_]

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class DayConventions:
    """Conventions in order of their names, and the weight that each uses all day; None where it has none."""

    conventions: tuple[Convention, ...]
    weights: tuple[str | None, ...]

    @classmethod
    def of(cls, conventions: Sequence[Convention], statistics: pa.Table, *, first_window_start_ns: int) -> DayConventions:
        """Choose the weights by `chosen_weight`, from what `open_interest_is_known` is asked."""
        ordered = tuple(sorted(conventions, key=lambda one: one.name))
        known = open_interest_is_known(statistics, first_window_start_ns=first_window_start_ns)
        return cls(ordered, tuple(chosen_weight(one, has_open_interest=known) for one in ordered))

    def columns(self, convention: NDArray[Any]) -> dict[str, NDArray[Any] | pa.Array]:
        """Columns `convention`, `convention_version`, `weight_used` and `scale` of rows, by their conventions' positions here."""
        weights = sorted({weight for weight in self.weights if weight is not None})
        weight = np.array([-1 if one is None else weights.index(one) for one in self.weights], dtype=np.int32)
        scales = sorted({one.scale for one in self.conventions})
        scale = np.array([scales.index(one.scale) for one in self.conventions], dtype=np.int32)
        versions = np.array([one.version for one in self.conventions], dtype=np.int32)
        return {
            "convention": category(convention, [one.name for one in self.conventions]),
            "convention_version": versions[convention],
            "weight_used": category(weight[convention], weights),
            "scale": category(scale[convention], scales),
        }

    def flip_rules(self, convention: NDArray[Any]) -> pa.Array:
        """Column `flip_rule` of rows, by their conventions' positions here."""
        rules = sorted({one.flip_rule for one in self.conventions})
        rule = np.array([rules.index(one.flip_rule) for one in self.conventions], dtype=np.int32)
        return category(rule[convention], rules)


class WeightChoice:
    """Chooses the weights once, when they are first asked for, from the statistics known by then.

    Parameters
    ----------
    conventions, first_window_start_ns : as for `DayConventions.of`. Weights are asked for after the first window has ended.
    """

    def __init__(self, conventions: Sequence[Convention], *, first_window_start_ns: int) -> None:
        self._conventions = conventions
        self._first_window_start_ns = first_window_start_ns
        self._statistics: list[pa.Table] = []
        self._chosen: DayConventions | None = None

    def add_statistics(self, statistics: pa.Table) -> None:
        """Take in rows of `bronze_option_statistics`; after the choice they change nothing."""
        if self._chosen is None:
            self._statistics.append(statistics)

    def chosen(self) -> DayConventions:
        """The conventions with their weights, the same ever after."""
        if self._chosen is None:
            statistics = pa.concat_tables(self._statistics or [BRONZE_OPTION_STATISTICS.empty()])
            self._chosen = DayConventions.of(self._conventions, statistics, first_window_start_ns=self._first_window_start_ns)
            self._statistics.clear()
        return self._chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeAnswer(Generic[Found]):
    """What was found under one convention in one scope.

    Attributes
    ----------
    convention, number : the convention and its position in `DayConventions`.
    scope, place : the scope's name and its position among the sorted names.
    there : (W,) windows that have a row of the scope.
    found : the answer.
    """

    convention: Convention
    number: int
    scope: str
    place: int
    there: Bool
    found: Found


def each_convention_and_scope(
    day: DayConventions,
    scopes: Mapping[str, tuple[Scope, Bool]],
    analysis: Callable[[Convention, str | None], Callable[[Scope], Found]],
) -> Iterator[ScopeAnswer[Found]]:
    """Answer for every convention in every scope; scopes that select the same rows are answered once.

    Parameters
    ----------
    day : conventions and their weights.
    scopes : as from `scopes_of`.
    analysis : called once per convention, with its weight; the function it returns is called once per different scope.

    Yields
    ------
    Answers by convention, then by the scope's name.
    """
    names = sorted(scopes)
    for number, (convention, weight) in enumerate(zip(day.conventions, day.weights, strict=True)):
        answer = analysis(convention, weight)
        known: dict[bytes, Found] = {}
        for place, name in enumerate(names):
            scope, there = scopes[name]
            key = scope.first.tobytes() + scope.stop.tobytes()
            if key not in known:
                known[key] = answer(scope)
            yield ScopeAnswer(convention=convention, number=number, scope=name, place=place, there=there, found=known[key])
