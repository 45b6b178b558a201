"""The page of a brief: what its tables say, what is left out, and that markup stays text."""

from __future__ import annotations

from dataclasses import replace

from gex_assets.pages.brief.page import brief_page
from gex_assets_tests.brief.made_up_briefs import brief, earlier, frame, full, rows
from gex_assets_tests.pages.reading import parsed, rows_of


def test_tables_say_what_the_rows_say() -> None:
    page = parsed(brief_page(brief(of_session=frame())))
    changes, session = page.all("table")
    assert rows_of(changes) == [
        ["price", "6,974.55", "6,950.10", "+24.45"],
        ["call wall", "7,000.00", "6,990.00", "+10.00"],
        ["flip", "6,963.97", "6,955.08", "+8.89"],
        ["put wall", "6,950.00", "6,950.00", "0.00"],
        ["net", "+1.42 bn", "−420 m", "+1.84 bn"],
        ["gross", "20.0 bn", "20.0 bn", "0"],
    ]
    assert rows_of(session) == [
        ["from", "Thu 17:00", "Fri 08:30"],
        ["to", "Fri 08:30", "Fri 08:45"],
        ["low", "6,948.25", "6,970.00"],
        ["high", "6,981.50", "6,979.75"],
        ["last", "6,974.50", "6,972.00"],
        ["ESH6 flow", "+1,234 of 121,186", "−3,456 of 43,456"],
        ["calls flow", "+120 of 4,080", "–"],
        ["puts flow", "−80 of 2,900", "–"],
    ]


def test_what_is_missing_is_said_at_the_top_and_listed_below() -> None:
    made = brief(now=rows(coverage=0.5), before=[], of_session=frame(stretches=(), missing=("no windows",)))
    text = parsed(brief_page(made)).one("body").text
    for said in ("3 missing: see below", "50% of open interest has no volatility", "no levels of an earlier", "no windows"):
        assert said in text
    assert "Nothing of the session is published yet." in text
    assert "Against the session before" not in text


def test_a_brief_of_levels_alone_has_no_session() -> None:
    text = parsed(brief_page(brief())).one("body").text
    assert "The session so far" not in text
    assert "missing" not in text.lower()


def test_what_is_unknown_is_a_dash_and_no_zero() -> None:
    before = [{**earlier()[0], "call_wall": None, "net_gex": None}]
    (changes,) = parsed(brief_page(brief(before=before))).all("table")
    cells = {row[0]: row[1:] for row in rows_of(changes)}
    assert cells["call wall"] == ["7,000.00", "–", "–"]
    assert cells["net"] == ["+1.42 bn", "–", "–"]


def test_markup_stays_text_and_nothing_is_loaded() -> None:
    page = brief_page(brief(now=rows(convention_version="<b>x")), links=[("days", "index-ES.html")])
    assert "<b>x" not in page
    assert "&lt;b&gt;x" in page
    for loads in ("src=", "@import", "url(", "http"):
        assert loads not in page
    assert 'href="index-ES.html"' in page


def test_the_same_brief_gives_the_same_bytes() -> None:
    assert brief_page(brief(of_session=frame())) == brief_page(brief(of_session=frame()))


def test_changes_movers_and_what_is_left_are_shown() -> None:
    page = parsed(brief_page(full(frame())))
    _, parts, _, contracts, exposures, hedges = page.all("table")
    assert rows_of(parts)[:2] == [["price", "+210 m"], ["time", "−12.5 m"]]
    assert rows_of(contracts) == [["7000 C 2026-03-20", "+1,204", "12,400"], ["6950 P 2026-01-23", "−950", "800"]]
    assert rows_of(exposures) == [["6950 P 2026-01-23", "−950", "−31.2 m"], ["7000 C 2026-03-20", "+1,204", "+12.3 m"]]
    assert rows_of(hedges) == [
        ["-1 %", "6,904.8", "+1,204", "8", "20.7 %"],
        ["+1 %", "7,044.3", "−1,180", "8", "20.3 %"],
        ["22 h", "–", "+35", "8", "0.6 %"],
        ["-1 vol", "–", "+12", "8", "0.2 %"],
    ]
    first, second = page.one("ol", class_="rolls").children
    assert "left: net +1.10 bn, walls 6900 and 7000, flip 6,958.2" in first.text
    assert "net −20.0 m, walls 6900 and 7000, flip –" in second.text


def test_hedges_without_usual_volume_have_no_share_and_without_numbers_a_reason() -> None:
    made = full(frame())
    assert made.hedges is not None
    alone = parsed(brief_page(replace(made, hedges=replace(made.hedges, usual={}))))
    assert "of 5 min" not in alone.one("body").text
    rows = [{**row, "contracts": None, "reason": "no_open_interest"} for row in made.hedges.rows]
    none = parsed(brief_page(replace(made, hedges=replace(made.hedges, rows=rows))))
    assert "No hedge: no open interest, so nothing to hedge." in none.one("body").text
