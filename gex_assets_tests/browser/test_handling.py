"""Handling the page: keyboard, mouse, address, playing, and what screen readers get."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from gex_assets_tests.browser.conftest import Opened, frames, until, until_address, until_ready
from gex_assets_tests.browser.made_up_day import MIDNIGHT


def view(page: Page) -> dict[str, Any]:
    frames(page)
    found: dict[str, Any] = page.evaluate("() => window.gex.app.view")
    return found


def test_every_choice_has_a_key(day_page: Page) -> None:
    page = day_page
    for key, name, value in (
        ("c", "convention", "flow"),
        ("w", "weight", "open_interest"),
        ("n", "side", "call"),
        ("x", "scope", "0dte"),
        ("v", "mode", "change"),
        ("l", "scale", "fixed"),
        ("]", "contrast", 1.5),
        ("p", "palette", "blue-orange"),
        ("t", "theme", "dark"),
        (">", "speed", 600),
        ("Home", "moment", 0),
        ("ArrowRight", "moment", 1),
        ("Shift+ArrowRight", "moment", 13),
        ("ArrowLeft", "moment", 12),
    ):
        page.keyboard.press(key)
        until(lambda name=name, value=value: view(page)[name] == value)  # type: ignore[misc]
        assert view(page)[name] == value, key
    page.keyboard.press("End")
    assert view(page)["moment"] == page.evaluate("() => window.gex.day.windows - 1")


def test_keys_of_form_elements_stay_theirs(day_page: Page) -> None:
    page = day_page
    page.locator("select").first.focus()
    page.keyboard.press("p")
    assert view(page)["palette"] == "red-green"


def test_everything_is_reached_by_tab_and_named(opened: Opened, day_file: Path) -> None:
    page = opened(day_file)
    seen: list[str] = []
    for _ in range(20):
        page.keyboard.press("Tab")
        seen.append(
            page.evaluate(
                "() => { const one = document.activeElement; return one.getAttribute('aria-label')"
                " ?? one.closest('label')?.querySelector('span')?.textContent ?? one.tagName; }"
            )
        )
    order = ["convention", "expirations", "view", "contrast", "Keys and help", "Play", "Speed of playing", "Moment"]
    assert [one for one in seen if one in order][: len(order)] == order
    assert "SELECT" not in seen


def test_help_opens_and_closes_by_keyboard(day_page: Page) -> None:
    page = day_page
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_zooming_and_panning_by_keyboard(day_page: Page) -> None:
    page = day_page
    page.keyboard.press("+")
    zoomed = view(page)["x"]
    assert zoomed[1] - zoomed[0] == pytest.approx(0.8 * 86_400)
    page.keyboard.press("ArrowUp")
    assert view(page)["y"] is not None
    page.keyboard.press("0")
    assert view(page)["x"] is None
    assert view(page)["y"] is None


def test_playing_moves_the_moment_and_stops_at_the_end(day_page: Page) -> None:
    page = day_page
    page.evaluate("() => window.gex.change({ speed: 600 })")
    last = page.evaluate("() => window.gex.day.windows - 1")
    page.evaluate("(moment) => window.gex.change({ moment })", last - 150)
    page.keyboard.press("Space")
    assert view(page)["playing"]
    expect(page.get_by_role("button", name="Play")).to_be_visible(timeout=20_000)
    assert view(page)["moment"] == last
    assert not view(page)["playing"]


def test_playing_passes_over_closed_hours(day_page: Page) -> None:
    page = day_page
    page.evaluate("() => window.gex.change({ speed: 10 })")
    before = page.evaluate("() => window.gex.day.columnAt(15839)")
    page.evaluate("(moment) => window.gex.change({ moment })", before)
    page.keyboard.press("Space")
    # An hour at ten times its speed would be six minutes: more than a test waits.
    page.wait_for_function("() => window.gex.day.k(window.gex.app.view.moment) >= 16_560", timeout=60_000)
    page.keyboard.press("Space")


def test_an_address_shares_a_view(opened: Opened, day_file: Path) -> None:
    page = opened(day_file)
    for key in ("c", "n", "x", "l", "p", "+", "ArrowUp"):
        page.keyboard.press(key)
    page.evaluate("() => window.gex.change({ moment: 4321 })")
    until_address(page, "t=")
    wanted = view(page)
    address = page.url.partition("#")[2]
    assert address
    other = view(opened(day_file, address))
    for name in ("x", "y"):
        assert other.pop(name) == pytest.approx(wanted.pop(name), abs=1.0)
    assert other == wanted


def test_an_address_with_nonsense_shows_the_day(opened: Opened, day_file: Path) -> None:
    page = opened(day_file, "convention=%3Cscript%3E&t=9999&x=a-b&y=7-3&weight=flow_inventory&contrast=NaN&since=-5")
    found = view(page)
    assert (found["convention"], found["weight"], found["x"], found["y"]) == ("field", None, None, None)


def test_palette_and_theme_are_remembered(opened: Opened, day_file: Path) -> None:
    page = opened(day_file)
    page.keyboard.press("p")
    page.keyboard.press("t")
    page.wait_for_function("() => localStorage.getItem('gex-theme') === 'dark'")
    page.goto(day_file.as_uri())
    page.reload()
    until_ready(page)
    assert (view(page)["palette"], view(page)["theme"]) == ("blue-orange", "dark")


def test_a_theme_chosen_by_the_page_around_is_followed(opened: Opened, day_file: Path) -> None:
    page = opened(day_file, scheme="dark")
    page.evaluate("() => { document.documentElement.dataset.theme = 'light'; }")
    frames(page)
    assert page.evaluate("() => window.gex.app.look.theme") == "light"


def test_the_system_s_theme_is_followed(opened: Opened, day_file: Path) -> None:
    page = opened(day_file, scheme="light")
    assert page.evaluate("() => document.documentElement.dataset.theme") == "light"
    page.emulate_media(color_scheme="dark")
    frames(page)
    assert page.evaluate("() => document.documentElement.dataset.theme") == "dark"


def test_the_wheel_zooms_time_around_the_pointer(day_page: Page) -> None:
    page = day_page
    under = "() => { const u = window.gex.app.charts.main; return u.posToVal(500 - u.over.getBoundingClientRect().left, 'x'); }"
    page.mouse.move(500, 400)
    before = page.evaluate(under)
    page.mouse.wheel(0, -300)
    found = view(page)
    assert found["x"][1] - found["x"][0] < 86_400
    assert page.evaluate(under) == pytest.approx(before, abs=60)
    assert found["y"] is None


def test_dragging_pans_and_a_double_click_shows_the_whole_day(day_page: Page) -> None:
    page = day_page
    page.evaluate("([from, to]) => window.gex.change({ x: [from, to] })", [MIDNIGHT + 8 * 3600, MIDNIGHT + 12 * 3600])
    before = view(page)
    page.mouse.move(600, 400)
    page.mouse.down()
    page.mouse.move(700, 430, steps=4)
    page.mouse.up()
    after = view(page)
    assert after["x"][0] < before["x"][0]
    assert after["moment"] == before["moment"], "a drag is no click"
    page.mouse.dblclick(600, 400)
    assert view(page)["x"] is None


def test_a_drag_ends_where_no_button_is_pressed_any_more(day_page: Page) -> None:
    page = day_page
    page.evaluate("([from, to]) => window.gex.change({ x: [from, to] })", [MIDNIGHT + 8 * 3600, MIDNIGHT + 12 * 3600])
    page.mouse.move(600, 400)
    page.mouse.down()
    page.mouse.move(640, 400, steps=2)
    dragged = view(page)["x"]
    # Let go outside of the window: the page hears of it by the next move alone.
    page.evaluate(
        "() => document.elementFromPoint(640, 400).dispatchEvent(new PointerEvent('pointermove',"
        " { pointerId: 1, pointerType: 'mouse', buttons: 0, clientX: 800, clientY: 400, bubbles: true }))"
    )
    assert view(page)["x"] == dragged
    page.mouse.up()


def test_an_address_pasted_into_the_open_page_is_followed(day_page: Page) -> None:
    page = day_page
    page.evaluate("() => { location.hash = 'convention=flow&side=call&scale=fixed&x=3600-7200'; }")
    page.wait_for_function("() => window.gex.app.view.convention === 'flow'")
    found = view(page)
    assert (found["side"], found["scale"]) == ("call", "fixed")
    shown = page.evaluate("() => { const { min, max } = window.gex.app.charts.main.scales.x; return [min, max]; }")
    assert shown == [MIDNIGHT + 3600, MIDNIGHT + 7200]


def test_a_blob_that_cannot_be_read_is_said_and_the_view_stays(chromium: Browser, day_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "day.html"
    begin = 'id="gex-blob-weight-flow_inventory">'
    path.write_text(day_file.read_text().replace(begin, f"{begin}AAAA"))
    page = chromium.new_page()
    page.goto(path.as_uri())
    until_ready(page)
    page.keyboard.press("c")
    expect(page.get_by_role("alert")).to_contain_text("Expected a readable blob weight-flow_inventory")
    assert view(page)["convention"] == "field"
    expect(page.get_by_label("convention")).to_have_value("field")
    page.keyboard.press("n")
    assert view(page)["side"] == "call", "what can be shown is shown"
    page.close()


def test_a_worker_that_fails_leaves_its_task_to_the_page(chromium: Browser, day_file: Path) -> None:
    page = chromium.new_page()
    page.add_init_script(
        "window.Worker = class { constructor() { setTimeout(() => this.onerror(new Event('error')), 100); } postMessage() {} };"
    )
    page.goto(day_file.as_uri())
    until_ready(page)
    assert page.evaluate("() => window.gex.app.model.exposure.done") > 0
    page.close()


def test_a_click_sets_the_moment(day_page: Page) -> None:
    page = day_page
    page.mouse.click(500, 400)
    found = view(page)["moment"]
    expected = page.evaluate(
        "() => { const u = window.gex.app.charts.main; return u.posToVal(500 - u.over.getBoundingClientRect().left, 'x'); }"
    )
    assert page.evaluate("(t) => window.gex.day.endOf(window.gex.day.k(t))", found) == pytest.approx(expected, abs=10)


def test_hovering_says_what_stands_there(day_page: Page) -> None:
    page = day_page
    place = page.evaluate(
        "([time]) => { const u = window.gex.app.charts.main; const box = u.over.getBoundingClientRect();"
        " return [box.left + u.valToPos(time, 'x'), box.top + u.valToPos(6950, 'y')]; }",
        [MIDNIGHT + 8 * 3600],
    )
    page.mouse.move(*place)
    tip = page.locator(".gex-tip")
    expect(tip).to_be_visible()
    text = tip.inner_text()
    for part in ("±", "USD per 1 %", "6950", "open interest", "field 2", "known since", "UTC", "quote"):
        assert part in text
    page.keyboard.press("c")
    page.keyboard.press("c")
    # Units change with the convention; the first press waits for a weight to be unpacked, the second goes on from it.
    expect(page.get_by_role("status")).to_contain_text("USD per point")
    page.mouse.move(place[0] + 1, place[1])
    expect(tip).to_contain_text("USD per point")


def test_a_key_pressed_as_soon_as_the_page_is_ready_is_announced(opened: Opened, day_file: Path) -> None:
    page = opened(day_file)
    announcer = page.get_by_role("status")
    press = (
        "async (key) => { await window.gex.ready;"
        " document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true })); }"
    )
    page.reload(wait_until="commit")
    page.wait_for_function("() => window.gex && window.gex.ready")
    page.evaluate(press, "Home")
    expect(announcer).to_contain_text("00:00:05 UTC. Price")


def test_what_stands_when_the_page_opens_is_not_announced(opened: Opened, day_file: Path) -> None:
    page = opened(day_file)
    expect(page.get_by_role("table").get_by_role("row")).to_have_count(11)
    page.evaluate("() => { window.before = document.querySelector('table'); }")
    page.set_viewport_size({"width": 1200, "height": 800})
    # The table is written with what is announced.
    page.wait_for_function("() => document.querySelector('table') !== window.before")
    expect(page.get_by_role("status")).to_be_empty()


def test_screen_readers_get_a_table_and_announcements(day_page: Page) -> None:
    page = day_page
    page.evaluate("() => window.gex.change({ moment: 9000 })")
    table = page.get_by_role("table")
    expect(table.get_by_role("row")).to_have_count(11)
    page.keyboard.press("Home")
    page.keyboard.press("Shift+ArrowRight")
    announcer = page.locator("[aria-live=polite]")
    expect(announcer).to_contain_text("00:01:05 UTC. Price")
    text = announcer.inner_text()
    for part in ("Net", "USD per 1 %", "flip", "regime"):
        assert part in text


def test_no_word_tells_to_trade(day_page: Page) -> None:
    page = day_page
    text = page.evaluate("() => document.body.innerText + document.querySelector('.gex-help').textContent").lower()
    for word in (" buy", " sell", "dealers are"):
        assert word not in text
    assert "amplif" in text or "damp" in text


def test_another_format_is_refused_in_words(chromium: Any, day_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "day.html"
    path.write_text(day_file.read_text().replace('{"format":2,', '{"format":7,'))
    page = chromium.new_page()
    page.goto(path.as_uri())
    expect(page.get_by_role("alert")).to_have_text("Expected a page of format 2, was 7: make the page again")
    page.close()


def test_weights_that_are_not_shown_give_back_their_memory(opened: Opened, day_file: Path) -> None:
    page = opened(day_file)
    has_flow = "() => window.gex.day.get('call_flow_inventory') !== undefined"
    assert not page.evaluate(has_flow)
    page.evaluate("() => window.gex.change({ convention: 'flow', weight: null })")
    page.evaluate("() => window.gex.change({ convention: 'field', weight: null })")
    forget = "(later) => window.gex.loader.forget(window.gex.app.needed(window.gex.app.view), performance.now() + later)"
    page.evaluate(forget, 0)
    assert page.evaluate(has_flow), "looked at a moment ago: kept"
    page.evaluate(forget, 600_000)
    assert not page.evaluate(has_flow)
    assert page.evaluate("() => window.gex.day.get('call_open_interest') !== undefined")
    page.evaluate("() => window.gex.change({ convention: 'flow', weight: null })")
    assert page.evaluate(has_flow)
