"""One Chromium for the tests of a process, and pages that may not write an error to the console."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from gex_assets_tests.browser.made_up_day import MadeUpDay, made_up_day, page_of_day

CHROMIUM = Path("/usr/bin/chromium")
CHROMIUM_ABSENT = "Chromium is absent (/usr/bin/chromium): install the distribution's package chromium"
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WITHIN_MS = 120_000
"""A page opens in a second; tests must also pass on a machine that others use."""

expect.set_options(timeout=WITHIN_MS / 4)

Opened = Callable[..., Page]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The distribution's Chromium, headless. It ends with its module: while it is driven, no other test may run an event loop."""
    if not CHROMIUM.exists():
        pytest.skip(CHROMIUM_ABSENT)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium: Browser) -> Iterator[Opened]:
    """Open a page (file or address) and wait until it is ready; at the end no page may have written an error."""
    errors: list[str] = []
    contexts: list[BrowserContext] = []

    def open_page(
        place: Path | str, address: str = "", *, width: int = 1440, height: int = 900, scale: float = 1.0, scheme: str = "dark"
    ) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": height}, device_scale_factor=scale, color_scheme=scheme, has_touch=width < 760
        )
        context.set_default_timeout(WITHIN_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: errors.append(message.text) if is_of_the_page(message) else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto((place.as_uri() if isinstance(place, Path) else place) + (f"#{address}" if address else ""))
        until_ready(page)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not errors


@pytest.fixture(scope="module")
def open_day(chromium: Browser, day_file: Path) -> Iterator[tuple[Page, list[str]]]:
    """The made-up day, opened once for a module, and the errors that it wrote."""
    errors: list[str] = []
    page = chromium.new_page(viewport={"width": 1440, "height": 900}, color_scheme="dark")
    page.set_default_timeout(WITHIN_MS)
    page.on("console", lambda message: errors.append(message.text) if is_of_the_page(message) else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(day_file.as_uri())
    until_ready(page)
    page.evaluate("() => { window.firstView = { ...window.gex.app.view }; }")
    yield page, errors
    page.close()


@pytest.fixture
def day_page(open_day: tuple[Page, list[str]]) -> Iterator[Page]:
    """The page of the module's other tests, in its first view: for tests that leave nothing behind but a view."""
    page, errors = open_day
    page.mouse.move(0, 0)
    page.evaluate(FIRST_VIEW)
    frames(page)
    yield page
    assert not errors


FIRST_VIEW = """() => {
    document.querySelector("dialog[open]")?.close();
    document.activeElement?.blur();
    return window.gex.change(window.firstView);
}"""


def is_of_the_page(message: ConsoleMessage) -> bool:
    """Whether a page did something wrong; that pixels are read back is the tests' own doing."""
    return message.type in {"error", "warning"} and "willReadFrequently" not in message.text


def until_ready(page: Page) -> None:
    """Wait for the page's own word that everything is drawn."""
    page.wait_for_selector(".gex-picture, .gex-message")
    page.evaluate("() => window.gex.ready")
    frames(page)


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds; whoever asks asserts it then."""
    end = monotonic() + WITHIN_MS / 4e3
    while not holds() and monotonic() < end:
        sleep(0.05)


def until_address(page: Page, part: str) -> None:
    """Wait until the address holds it. `Page.url` is no way to wait: it stands still while nothing is asked of the page."""
    page.wait_for_function("(part) => location.hash.includes(part)", arg=part)


def frames(page: Page) -> None:
    """Two frames later what was asked for is drawn."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))")


@pytest.fixture(scope="session")
def made_up() -> MadeUpDay:
    return made_up_day()


@pytest.fixture(scope="session")
def day_file(made_up: MadeUpDay, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the made-up day, on disk."""
    path = tmp_path_factory.mktemp("pages") / "day.html"
    path.write_bytes(page_of_day(made_up))
    return path
