"""Windows that come over server-sent events: the page grows, follows a replay's clock, and says when it is out of date."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from gex_assets_tests.browser.conftest import Opened, until, until_address
from gex_assets_tests.browser.made_up_day import MULTIPLIER, MadeUpDay, made_up_day, page_of_day

BEGUN = 300


class Feed:
    """A server of one page and its events; what is put into `events` is sent, None ends the stream."""

    def __init__(self, page: bytes) -> None:
        self.events: queue.Queue[tuple[str, dict[str, Any]] | None] = queue.Queue()
        self.asked: list[dict[str, Any]] = []
        self.listened = 0
        feed = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8" if self.path == "/" else "text/event-stream")
                self.end_headers()
                if self.path == "/":
                    self.wfile.write(page)
                    return
                feed.listened += 1
                while (one := feed.events.get()) is not None:
                    kind, data = one
                    self.wfile.write(f"event: {kind}\ndata: {json.dumps(data)}\n\n".encode())
                    self.wfile.flush()

            def do_POST(self) -> None:
                feed.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))) | {"path": self.path})
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/"

    def close(self) -> None:
        self.events.put(None)
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(timeout=10)


@pytest.fixture(scope="module")
def begun() -> MadeUpDay:
    """A day that has only begun, with an address of events."""
    day = made_up_day(windows=BEGUN)
    day.picture.header["live"] = {"events": "/events", "grows": True}  # type: ignore[index]
    return day


@pytest.fixture
def feed(begun: MadeUpDay) -> Iterator[Feed]:
    feed = Feed(page_of_day(begun))
    yield feed
    feed.close()


def window(day: MadeUpDay, number: int, price: float) -> tuple[str, dict[str, Any]]:
    """The window that comes `number` windows after the last of the file: as that one, at another price."""
    gammas = [None if np.isnan(one) else float(one) for one in day.gamma[:, -1]]
    sides = {
        f"{right}_{weight}": [float(one) for one in day.contracts[weight][place][:, -1]]
        for weight in day.contracts
        for place, right in enumerate(("call", "put"))
    }
    columns = {"reference_price": price, "forward": [price, price + 0.25], "gamma": gammas, **sides}
    columns["regime"] = ["positive"] * len(day.picture.header["levels"])
    return "window", {"k": int(day.k[-1]) + number, "columns": columns}


def windows(page: Page) -> int:
    count: int = page.evaluate("() => window.gex.day.windows")
    return count


def test_windows_that_come_are_shown(opened: Opened, feed: Feed, begun: MadeUpDay) -> None:
    page = opened(feed.address)
    expect(page.locator(".gex-connection")).to_have_text("connected, waiting for the first window")
    assert windows(page) == BEGUN
    for number in (1, 2, 2, 3):  # one comes twice, as after a reconnection
        feed.events.put(window(begun, number, 6900.0 + number))
    expect(page.locator(".gex-readout").first).to_contain_text("6903.00")
    expect(page.locator(".gex-connection")).to_have_text("live")
    assert windows(page) == BEGUN + 3
    assert page.evaluate("() => window.gex.app.view.moment") == BEGUN + 2
    expect(page.locator(".gex-readouts")).to_contain_text("positive")
    line = next(i for i, one in enumerate(begun.picture.header["lines"]) if one == {"expiration": 0, "strike": 6905.0})
    net = begun.contracts["open_interest"][0][line, -1] - begun.contracts["open_interest"][1][line, -1]
    expected = begun.gamma[line, -1] * net * MULTIPLIER * 6903.0**2 * 0.01
    time = page.evaluate("() => window.gex.day.endOf(window.gex.day.k(302)) - 2")
    assert page.evaluate("([time]) => window.gex.cell(time, 6905).value", [time]) == pytest.approx(expected, rel=1e-3)


def test_a_moment_chosen_stays_while_windows_come(opened: Opened, feed: Feed, begun: MadeUpDay) -> None:
    page = opened(feed.address)
    page.keyboard.press("Home")
    feed.events.put(window(begun, 1, 6901.0))
    expect(page.locator(".gex-slider")).to_have_attribute("max", str(BEGUN))
    assert page.evaluate("() => window.gex.app.view.moment") == 0


def test_a_replay_s_clock_is_the_server_s(opened: Opened, feed: Feed) -> None:
    page = opened(feed.address)
    feed.events.put(("replay", {"session": "abc", "speed": 60, "paused": False, "k": 299}))
    expect(page.locator(".gex-connection")).to_have_text("replay × 60, waiting for the first window")
    page.get_by_role("button", name="Pause").click()
    page.get_by_label("Speed of playing").select_option("600")
    until(lambda: len(feed.asked) == 2)
    assert feed.asked == [
        {"pause": True, "path": "/v1/replay-sessions/abc"},
        {"speed": 600, "path": "/v1/replay-sessions/abc"},
    ]
    feed.events.put(("end", {}))
    expect(page.locator(".gex-connection")).to_have_text("end of the replay")


def test_a_day_published_again_is_offered_and_the_view_kept(opened: Opened, feed: Feed, begun: MadeUpDay) -> None:
    page = opened(feed.address)
    page.keyboard.press("c")
    page.keyboard.press("+")
    until_address(page, "x=")
    feed.events.put(("published", {"product": "ES", "date": "2026-01-06", "tables": ["silver_gex"], "page": False}))
    feed.events.put(window(begun, 1, 6901.0))
    expect(page.locator(".gex-connection")).to_have_text("live")
    expect(page.get_by_role("alert")).to_be_hidden()
    feed.events.put(("published", {"product": "ES", "date": "2026-01-06", "tables": [], "page": True}))
    expect(page.get_by_role("alert")).to_contain_text("This day was published again.")
    feed.events.put(None)
    page.get_by_role("button", name="Load it").click()
    page.wait_for_selector(".gex-readout b")
    page.evaluate("() => window.gex.ready")
    assert page.evaluate("() => window.gex.app.view.convention") == "flow"
    assert page.evaluate("() => window.gex.app.view.x") is not None


def test_the_slider_moves_the_server_s_clock(opened: Opened, feed: Feed, begun: MadeUpDay) -> None:
    page = opened(feed.address)
    feed.events.put(("replay", {"session": "abc", "speed": 60, "paused": False, "k": 299}))
    expect(page.locator(".gex-connection")).to_have_text("replay × 60, waiting for the first window")
    slider = page.get_by_label("Moment")
    slider.evaluate(
        "(slider) => { for (const moment of ['200', '120']) {"
        " slider.value = moment; slider.dispatchEvent(new Event('input', { bubbles: true })); } }"
    )
    until(lambda: len(feed.asked) == 1)
    assert feed.asked == [{"pause": True, "seek": "00:10:00", "path": "/v1/replay-sessions/abc"}], "the last of many steps"
    feed.events.put(("replay", {"session": "abc", "speed": 60, "paused": False, "k": 120}))
    feed.events.put(window(begun, 121 - int(begun.k[-1]), 6901.0))
    expect(slider).to_have_value("121")
    assert windows(page) == BEGUN, "windows that are sent again are not added"
    assert len(feed.asked) == 1, "what the server said is not asked of it"


def test_a_replay_that_is_moved_on_and_back_shows_what_was_left_out(opened: Opened, feed: Feed, begun: MadeUpDay) -> None:
    page = opened(feed.address)
    connection, price = page.locator(".gex-connection"), page.locator(".gex-readout").first
    feed.events.put(("replay", {"session": "abc", "speed": 60, "paused": False, "k": 299}))
    expect(connection).to_have_text("replay × 60, waiting for the first window")
    for number in (1, 20, 21):  # moved on by whoever knows the session
        feed.events.put(window(begun, number, 6900.0 + number))
    expect(price).to_contain_text("6921.00")
    expect(connection).to_have_text("replay × 60")
    assert windows(page) == BEGUN + 3
    for number in (1, 2, 3):
        feed.events.put(window(begun, number, 6900.0 + number))
    expect(price).to_contain_text("6903.00")
    assert windows(page) == BEGUN + 3, "what comes after it comes again"
    for number in (4, 20):
        feed.events.put(window(begun, number, 6900.0 + number))
    expect(price).to_contain_text("6920.00")
    found = page.evaluate("() => Array.from({ length: 6 }, (_, i) => window.gex.app.model.price(window.gex.day.windows - 6 + i))")
    assert found == [pytest.approx(float(begun.price[-1]), abs=0.01), 6901, 6902, 6903, 6904, 6920]
    assert feed.asked == [], "what the server said is not asked of it"


def test_missed_news_are_said(opened: Opened, feed: Feed) -> None:
    page = opened(feed.address)
    feed.events.put(("reset", {"reason": "the server was started again"}))
    expect(page.get_by_role("alert")).to_contain_text("News of this day may have been missed.")


def test_a_page_that_comes_back_from_the_browser_s_cache_listens_again(opened: Opened, feed: Feed) -> None:
    page = opened(feed.address)
    feed.events.put(("replay", {"session": "abc", "speed": 60, "paused": False, "k": 299}))
    expect(page.locator(".gex-connection")).to_have_text("replay × 60, waiting for the first window")
    page.evaluate("() => { dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true })); }")
    feed.events.put(None)
    page.evaluate("() => { dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })); }")
    until(lambda: feed.listened == 2)
    feed.events.put(("replay", {"session": "def", "speed": 60, "paused": False, "k": 0}))
    until(lambda: len(feed.asked) == 1)
    assert feed.asked == [{"speed": 60, "pause": False, "seek": "00:24:55", "path": "/v1/replay-sessions/def"}]


def test_a_finished_day_that_is_served_does_not_grow(opened: Opened, begun: MadeUpDay) -> None:
    header = {**begun.picture.header, "live": {"events": "/events", "grows": False}}
    day = MadeUpDay(type(begun.picture)(header, begun.picture.blobs), begun.k, begun.price, begun.gamma, begun.contracts)
    feed = Feed(page_of_day(day))
    page = opened(feed.address)
    expect(page.locator(".gex-connection")).to_have_text("connected")
    page.evaluate("() => { dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true })); }")
    feed.events.put(None)
    page.evaluate("() => { dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })); }")
    until(lambda: feed.listened == 2)
    feed.events.put(window(begun, 1, 6901.0))
    expect(page.locator(".gex-connection")).to_have_text("connected")
    expect(page.get_by_role("alert")).to_be_hidden()
    feed.events.put(("published", {"page": True}))
    expect(page.get_by_role("alert")).to_be_visible()
    assert windows(page) == BEGUN
    assert page.evaluate("() => window.gex.day.capacity") == BEGUN, "room for no more"
    assert page.evaluate("() => window.gex.day.get('call_flow_inventory') === undefined"), "weights are unpacked when chosen"
    feed.close()
