"""What is drawn, by pixels at known places: never whole images, which differ from one font to the next."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from gex_assets_tests.browser.conftest import Opened, frames
from gex_assets_tests.browser.made_up_day import CLOSED, HOLE, MIDNIGHT, UNSURE, MadeUpDay, made_up_day, page_of_day
from gex_assets_tests.browser.pixels import colours_at, colours_of_column, token

SIZES = {"phone": (390, 844, 3.0), "desk": (1440, 900, 1.0), "4k": (3840, 2160, 1.0)}


def change(page: Page, **changed: Any) -> None:
    page.evaluate("(changed) => window.gex.change(changed)", changed)
    frames(page)


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", SIZES)
def test_strikes_are_drawn_in_both_themes_and_three_sizes(opened: Opened, day_file: Path, size: str, theme: str) -> None:
    width, height, scale = SIZES[size]
    page = opened(day_file, f"theme={theme}", width=width, height=height, scale=scale)
    at = MIDNIGHT + 8 * 3600
    call, put, between = colours_at(page, [(at, 6951.2), (at, 6898.8), (at, 6947.5)])
    assert call[1] > call[0] + 20, "calls outweigh puts at 6950: green"
    assert put[0] > put[1] + 20, "puts outweigh calls at 6900: red"
    assert between == token(page, "--gex-heat")
    overflow = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert overflow <= 0, "nothing is wider than the screen"


def test_the_longest_readouts_wrap_on_a_phone(opened: Opened, day_file: Path) -> None:
    page = opened(day_file, width=390, height=844, scale=3.0)
    page.evaluate(
        "() => { for (const one of document.querySelectorAll('.gex-readout small')) one.textContent = 'word '.repeat(20); }"
    )
    assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_second_palette_is_blue_and_orange(day_page: Page) -> None:
    page = day_page
    change(page, palette="blue-orange")
    call, put = colours_at(page, [(MIDNIGHT + 8 * 3600, 6951.2), (MIDNIGHT + 8 * 3600, 6898.8)])
    assert call[2] > call[0] + 20
    assert put[0] > put[2] + 20


@pytest.mark.parametrize(("first", "after"), [HOLE, CLOSED], ids=["a hole", "closed hours"])
def test_nothing_is_drawn_where_no_window_is(day_page: Page, first: int, after: int) -> None:
    page = day_page
    start, stop = MIDNIGHT + 5 * first, MIDNIGHT + 5 * after
    change(page, x=[start - 600, stop + 600])
    ground = token(page, "--gex-heat")
    for share in (0.1, 0.5, 0.9):
        assert colours_of_column(page, start + share * (stop - start)) == {ground}
    assert len(colours_of_column(page, start - 300)) > 5


def test_a_price_that_is_not_known_to_half_a_strike_is_a_number_with_its_error_and_no_line(
    day_page: Page, made_up: MadeUpDay
) -> None:
    page = day_page
    colour = token(page, "--gex-price")
    readout = page.locator(".gex-readout", has_text="price")
    for k, is_drawn in ((UNSURE[0] - 60, True), (sum(UNSURE) // 2, False), (UNSURE[1] + 60, True)):
        place = int(made_up.k.searchsorted(k))
        moment, price = MIDNIGHT + 5 * (k + 1), float(made_up.price[place])
        change(page, moment=place, x=[moment - 100, moment + 100], y=[price - 20, price + 20])
        nearest = min(max(abs(a - b) for a, b in zip(one, colour, strict=True)) for one in colours_of_column(page, moment))
        assert (nearest < 64) == is_drawn, "the line's edges are mixed with what is beneath"
        expect(readout).to_contain_text(f"{price:.2f}")
        assert ("± 1" in readout.inner_text()) == (not is_drawn)


def test_the_price_is_where_it_was(day_page: Page, made_up: MadeUpDay) -> None:
    page = day_page
    colour = token(page, "--gex-price")
    for place in (3_000, 9_000, 12_345):
        moment, price = MIDNIGHT + 5 * (int(made_up.k[place]) + 1), float(made_up.price[place])
        change(page, x=[moment - 100, moment + 100], y=[price - 20, price + 20])
        pixel = page.evaluate("() => 40 / window.gex.app.charts.main.bbox.height")
        there = colours_at(page, [(moment - 2.5, price + at * pixel) for at in (-1, 0, 1)])
        # The line's edges are mixed with what is beneath.
        assert min(max(abs(a - b) for a, b in zip(one, colour, strict=True)) for one in there) < 64


def test_strikes_without_a_gamma_are_grey_and_expired_ones_are_not(day_page: Page) -> None:
    page = day_page
    change(page, y=[7560.0, 7720.0])
    assert colours_at(page, [(MIDNIGHT + 8 * 3600, 7625.0)]) == [token(page, "--gex-missing")]
    change(page, y=[6900.0, 6940.0])
    assert colours_at(page, [(MIDNIGHT + 21.5 * 3600, 6906.0)]) == [token(page, "--gex-heat")]


def test_what_is_within_two_standard_errors_is_hatched(day_page: Page) -> None:
    page = day_page
    at = MIDNIGHT + 2 * 3600
    change(page, x=[at - 300, at + 300], y=[6780.0, 6810.0], contrast=4)
    band = [(at + second, 6795.0) for second in range(-100, 100, 4)]
    assert len(set(colours_at(page, band))) > 1
    change(page, y=[6935.0, 6965.0])
    assert len(set(colours_at(page, [(moment, 6951.0) for moment, _ in band]))) == 1


def test_the_two_charts_share_their_time_axis(day_page: Page) -> None:
    page = day_page
    places = """() => ["main", "vacuum"].map((name) => {
        const u = window.gex.app.charts[name];
        const left = u.over.getBoundingClientRect().left;
        const { min, max } = u.scales.x;
        return [min, max, ...[0.2, 0.5, 0.8].map((share) => left + u.valToPos(min + share * (max - min), "x"))];
    })"""
    before = page.evaluate(places)
    assert before[0] == before[1]
    page.mouse.move(500, 400)
    page.mouse.wheel(0, -400)
    frames(page)
    after = page.evaluate(places)
    assert after[0] == after[1]
    assert after[0][:2] != before[0][:2]


RIBBON = """([time]) => {
    const { app } = window.gex;
    const u = app.charts.main;
    const unit = app.look.text / 14;
    const x = Math.round(u.valToPos(time, "x", true));
    const middle = Math.round(u.bbox.top + u.bbox.height + unit) + Math.round(Math.round(13 * unit) / 2);
    return [-3, 3].map((away) => [...u.ctx.getImageData(x, middle + away, 1, 1).data].slice(0, 3));
}"""
"""Colours above and below the ribbon's middle."""


def test_the_ribbon_is_above_its_middle_where_the_regime_is_positive_and_below_where_it_is_negative(day_page: Page) -> None:
    page = day_page
    ground = list(token(page, "--gex-bg"))
    above, below = page.evaluate(RIBBON, [MIDNIGHT + 6 * 3600])
    assert above == ground
    assert below[0] > below[1] + 20, "negative: red"
    above, below = page.evaluate(RIBBON, [MIDNIGHT + 17 * 3600])
    assert above[1] > above[0] + 20, "positive: green"
    assert below == ground


def test_a_change_of_regime_is_a_tick_on_the_ribbon_and_is_said_under_the_pointer(day_page: Page) -> None:
    page = day_page
    change_at, kind, at = page.evaluate(
        """async () => {
        const { app, day, change } = window.gex;
        const { changes } = app.model.regimes(app.view);
        // One that stands by itself.
        const apart = (a, b) => !a || !b || b.t - a.t > 60;
        const { t, from, to } = changes.find((one, i) => apart(changes[i - 1], one) && apart(one, changes[i + 1]));
        const begin = day.endOf(day.k(t)) - day.windowS;
        await change({ x: [begin - 1200, begin + 1200] });
        const u = app.charts.main;
        const box = u.over.getBoundingClientRect();
        return [begin, `${from} → ${to}`, [box.left + u.valToPos(begin, "x"), box.bottom + 7, day.endOf(day.k(t))]];
    }"""
    )
    assert page.evaluate(RIBBON, [change_at]) == [list(token(page, "--gex-fg"))] * 2
    page.mouse.move(at[0] + 2, at[1])
    tip = page.locator(".gex-tip")
    expect(tip).to_contain_text(f"regime {kind}")
    expect(tip).to_contain_text(f"{datetime.fromtimestamp(at[2], UTC):%H:%M:%S} UTC")
    page.mouse.move(at[0] + 40, at[1])
    expect(tip).to_contain_text(f"regime {kind.split()[-1]}")
    expect(tip).to_contain_text("since")
    page.mouse.move(at[0], at[1] + 9)
    expect(tip).to_be_hidden()


def test_a_change_draws_once(day_page: Page) -> None:
    counts = day_page.evaluate(
        """async () => {
        const { app, change } = window.gex;
        const { layers } = app.charts;
        const { heat, vacuum } = layers;
        const counts = [];
        let drawn = 0;
        Object.assign(layers, { heat: (...all) => { drawn++; heat(...all); }, vacuum: (...all) => { drawn++; vacuum(...all); } });
        const [from, to] = app.range.x;
        for (const one of [{ x: [from + 3600, to - 3600] }, { contrast: 1.5 }, { y: [6800, 6900] }, { side: "call" }]) {
            drawn = 0;
            await change(one);
            await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
            counts.push(drawn);
        }
        Object.assign(layers, { heat, vacuum });
        return counts;
    }"""
    )
    assert counts == [2, 2, 2, 2], "each of the two charts"


def test_waves_are_shifted_as_they_would_be_painted(day_page: Page) -> None:
    """A window that comes is one column of the ladder; all of them are painted again where more than the moment changed."""
    page = day_page
    found = page.evaluate(
        """async () => {
        const { app, change } = window.gex;
        const { waves } = app.ladder;
        const painted = [];
        const paint = waves.paintColumn.bind(waves);
        waves.paintColumn = (state, t, ...rest) => { painted.push(t); paint(state, t, ...rest); };
        const first = app.day.columnAt(9_000);
        await change({ moment: first, scale: "fixed" });
        painted.length = 0;
        for (const moment of [first + 1, first + 2, first + 5]) await change({ moment });
        const shifted = waves.pixels.slice();
        const came = painted.map((t) => t - first);
        await change({ contrast: 2.5 });
        const again = painted.length - came.length;
        await change({ contrast: 1 });
        return { came, again, differs: shifted.some((one, i) => one !== waves.pixels[i]) };
    }"""
    )
    assert sorted(found["came"]) == [1, 2, 3, 4, 5]
    assert found["again"] == 240, "twenty minutes"
    assert not found["differs"]


@pytest.mark.parametrize("mode", ["strikes", "field", "change"])
def test_a_view_that_moves_is_shifted_as_it_would_be_painted(day_page: Page, mode: str) -> None:
    """Columns that came in are painted, with what reaches over their edge; all of them where prices or anything else changed."""
    page = day_page
    found = page.evaluate(
        """async ([mode]) => {
        const { app, change } = window.gex;
        const { picture } = app;
        const width = Math.round(app.charts.main.bbox.width);
        const [from] = app.range.x;
        const step = 20;
        const at = (px) => [from + 3600 + px * step, from + 3600 + (px + width) * step];
        const parts = [];
        const asked = picture.partOf.bind(picture);
        picture.partOf = (...all) => { const part = asked(...all); parts.push(part.to - part.from); return part; };
        await change({ mode, since: 2000, contrast: 2.5, y: [6780, 6960], x: at(0) });
        const differ = [];
        for (const px of [3, 40, 37, 37, -60, -61, 100]) {
            await change({ x: at(px) });
            const shifted = picture.painter.pixels.slice();
            const { painted } = picture;
            const other = picture.partOf;
            picture.partOf = () => ({ from: 0, to: width, phase: painted.phase });
            app.charts.show(app.range.x, app.range.y);
            picture.partOf = other;
            const inside = (one, i) => i % width >= 8 && i % width < width - 8 && one !== picture.painter.pixels[i];
            differ.push(shifted.filter(inside).length);
        }
        const moved = parts.slice(1);
        await change({ y: [6790, 6970] });
        picture.partOf = asked;
        return { differ, moved, whole: parts[parts.length - 1], width };
    }""",
        [mode],
    )
    assert found["differ"] == [0] * 7
    assert all(size < found["width"] / 4 for size in found["moved"])
    assert found["moved"][3] == 0, "nothing came in"
    assert found["whole"] == found["width"]


def test_a_curtain_hides_what_comes_after_the_moment(day_page: Page) -> None:
    page = day_page
    curtain = page.locator(".gex-curtain").first
    assert not curtain.is_visible()
    change(page, moment=6000)
    box = curtain.bounding_box()
    expected = page.evaluate(
        "() => { const u = window.gex.app.charts.main; const day = window.gex.day;"
        " return u.over.getBoundingClientRect().left + u.valToPos(day.endOf(day.k(6000)), 'x'); }"
    )
    assert box is not None
    assert abs(box["x"] - expected) < 1
    change(page, playing=True)
    assert float(curtain.evaluate("(one) => getComputedStyle(one).opacity")) == 1


def test_a_day_without_futures_says_so(opened: Opened, tmp_path: Path) -> None:
    path = tmp_path / "day.html"
    note = "No futures were delivered: the price is the forward that the options imply, and there is no vacuum."
    path.write_bytes(page_of_day(made_up_day(has_futures=False, notes=(note,), windows=2_000)))
    page = opened(path)
    assert page.locator(".gex-notes").inner_text() == note
    assert page.locator(".gex-panel-name").inner_text() == "no book of the future: no vacuum"
    assert len(colours_of_column(page, MIDNIGHT + 3600)) > 5


def test_markup_in_what_a_file_says_is_text(opened: Opened, tmp_path: Path, made_up: MadeUpDay) -> None:
    path = tmp_path / "day.html"
    hostile = "<img src=x onerror=\"document.title='owned'\">"
    header = {**made_up.picture.header, "notes": [hostile], "title": hostile}
    header["expirations"] = [{**one, "label": hostile} for one in header["expirations"]]
    day = MadeUpDay(
        type(made_up.picture)(header, made_up.picture.blobs), made_up.k, made_up.price, made_up.gamma, made_up.contracts
    )
    path.write_bytes(page_of_day(day))
    page = opened(path)
    assert hostile in page.locator("h1").inner_text()
    assert page.locator("img").count() == 0
    assert page.title() != "owned"
