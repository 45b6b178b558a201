"""The summary says what the last window with a price says, and nothing else."""

from pathlib import Path

import pyarrow.compute as pc

from gex_assets.lake.tables import Lake
from gex_assets.pages.day_tables import DayTables
from gex_assets.pages.sections import sections
from gex_assets.pages.sections.summary import closing_rows, regime_words, wall_text
from gex_assets.pages.words import price, with_error
from gex_assets_tests.conftest import DAY
from gex_assets_tests.pages.reading import parsed

NEVER_SAID = ("buy", "sell", "dealers are", "dealer is")


def test_numbers_equal_the_tables(published: Path) -> None:
    day = DayTables(Lake(published), product="ES", day=DAY)
    shown = next(one for one in sections(day) if one.id == "summary")
    text = parsed(shown.html).text
    levels = Lake(published).open("silver_gex_levels", product="ES", day=DAY).read()
    for convention in ("field", "flow", "magic8"):
        of_it = levels.filter(
            pc.and_(
                pc.and_(pc.equal(levels["convention"], convention), pc.equal(levels["scope"], "selected")),
                pc.is_valid(levels["reference_price"]),
            )
        )
        last = of_it.slice(of_it.num_rows - 1).to_pylist()[0]
        assert price(last["reference_price"]) in text
        assert with_error(last["net_gex"], last["net_gex_se"]) in text
        assert f"{convention}, version {last['convention_version']}" in text


def test_a_page_never_says_what_is_not_known(published: Path) -> None:
    day = DayTables(Lake(published), product="ES", day=DAY)
    text = " ".join(parsed(one.html).text.lower() for one in sections(day))
    assert not [phrase for phrase in NEVER_SAID if phrase in text]


def test_an_unpublished_day_says_so(tmp_path: Path) -> None:
    shown = sections(DayTables(Lake(tmp_path), product="ES", day=DAY))
    assert "No exposure is published for this day." in parsed(shown[0].html).text


def test_the_last_row_with_a_price_is_taken(published: Path) -> None:
    rows = closing_rows(DayTables(Lake(published), product="ES", day=DAY))
    assert all(row["reference_price"] is not None for row in rows.values())


def test_a_missing_wall_and_regime_say_why() -> None:
    row = {"call_wall": None, "call_wall_reason": "no_strike_of_its_kind", "call_wall_kept": None}
    assert wall_text(row, "call") == ("none", "no strike of this kind lies on that side of the price")
    assert regime_words(None, "few_strikes") == "Unknown: fewer strikes have an exposure than the settings require."
    assert "damps" in regime_words("positive", None)
    assert "amplifies" in regime_words("negative", None)
