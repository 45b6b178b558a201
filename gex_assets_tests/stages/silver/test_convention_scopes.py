from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from gex_assets.analytics.chain_levels import Scope
from gex_assets.conventions import BUILT_IN, Convention, conventions
from gex_assets.stages.silver.convention_scopes import DayConventions, WeightChoice, each_convention_and_scope
from gex_assets_tests.stages.silver.made_up_levels import PUBLISHED, START, statistics_of

OWN = conventions([{"name": "aaa", "weights": ["oi_plus_flow"], "scale": "delta_per_point"}])


def day_of(statistics: pa.Table = PUBLISHED) -> DayConventions:
    return DayConventions.of(OWN[::-1], statistics, first_window_start_ns=START)


def test_conventions_come_by_name_with_the_weight_of_the_day() -> None:
    day = day_of()
    assert [one.name for one in day.conventions] == ["aaa", "field", "flow", "magic8"]
    assert day.weights == ("oi_plus_flow", "open_interest", "flow_inventory", "open_interest")
    assert day_of(statistics_of()).weights[0] is None


def test_weights_are_chosen_once_from_the_statistics_added_by_then() -> None:
    late, early = (WeightChoice(OWN, first_window_start_ns=START) for _ in range(2))
    for choice in (late, early):
        choice.add_statistics(statistics_of())
    early.add_statistics(PUBLISHED)
    assert (late.chosen(), early.chosen()) == (day_of(statistics_of()), day_of())
    late.add_statistics(PUBLISHED)
    assert late.chosen() == day_of(statistics_of())
    assert WeightChoice(OWN, first_window_start_ns=START).chosen() == day_of(statistics_of())


def test_columns_name_the_convention_of_each_row() -> None:
    columns = day_of(statistics_of()).columns(np.array([2, 0, 0, 3]))
    assert {name: values.tolist() for name, values in columns.items()} == {
        "convention": ["flow", "aaa", "aaa", "magic8"],
        "convention_version": [BUILT_IN["flow"].version, 1, 1, BUILT_IN["magic8"].version],
        "weight_used": ["flow_inventory", None, None, "resting_size"],
        "scale": ["usd_per_1pct", "delta_per_point", "delta_per_point", "usd_per_point"],
    }


def test_every_convention_answers_in_every_scope_and_equal_scopes_once() -> None:
    always, never = np.ones(2, dtype=np.bool_), np.zeros(2, dtype=np.bool_)
    whole, other = Scope(np.array([0, 3]), np.array([3, 5])), Scope(np.array([0, 3]), np.array([1, 3]))
    same = Scope(whole.first.copy(), whole.stop.copy())
    asked: list[tuple[str, str | None, int]] = []

    def analysis(convention: Convention, weight: str | None) -> Callable[[Scope], int]:
        def answer(scope: Scope) -> int:
            asked.append((convention.name, weight, int(scope.stop[0])))
            return len(asked)

        return answer

    scopes = {"selected": (whole, always), "exp:2026-03-20": (same, never), "0dte": (other, always)}
    answers = list(each_convention_and_scope(day_of(), scopes, analysis))
    assert [(one.convention.name, one.number, one.scope, one.place, one.found) for one in answers[:4]] == [
        ("aaa", 0, "0dte", 0, 1),
        ("aaa", 0, "exp:2026-03-20", 1, 2),
        ("aaa", 0, "selected", 2, 2),
        ("field", 1, "0dte", 0, 3),
    ]
    assert [one.there.all() for one in answers] == [True, False, True] * 4
    assert asked[:2] == [("aaa", "oi_plus_flow", 1), ("aaa", "oi_plus_flow", 3)]
    assert len(asked) == 2 * 4


def test_without_scopes_there_are_no_answers() -> None:
    assert list(each_convention_and_scope(day_of(), {}, lambda *_: lambda _: 0)) == []
