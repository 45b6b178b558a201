"""The picture of a day in Chromium: CPU time of the page's main thread per frame, memory, and how long until something is seen.

A frame per second depends on who else uses the machine; CPU time of one thread does much less. It is read over the debugging
protocol, in the thread's own ticks.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

__all__ = ["SIZES", "page_speed"]

CHROMIUM: Final = "/usr/bin/chromium"
ARGUMENTS: Final = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
SIZES: Final[Mapping[str, tuple[int, int]]] = {"1440x900": (1440, 900), "4k": (3840, 2160)}
_PLAYED_MS: Final = 4_000
_STEPS: Final = 60
_COUNT_FRAMES: Final = """() => {
    window.frames_drawn = 0;
    const count = () => { window.frames_drawn += 1; requestAnimationFrame(count); };
    requestAnimationFrame(count);
}"""
_MARKS: Final = """() => Object.fromEntries([...performance.getEntriesByType("mark"), ...performance.getEntriesByType("paint")]
    .map((one) => [one.name, one.startTime]))"""


def page_speed(*, page: str) -> dict[str, Any]:
    """Measure a page: milliseconds of CPU per frame by size, megabytes, milliseconds until drawn and ready.

    Parameters
    ----------
    page : the file, as `gex heatmap` writes it.
    """
    found: dict[str, Any] = {"bytes": Path(page).stat().st_size}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS.split())
        for name, (width, height) in SIZES.items():
            found[name] = _of_size(browser, Path(page), width, height)
        browser.close()
    return found


def _of_size(browser: Browser, path: Path, width: int, height: int) -> dict[str, float]:
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme="dark")
    page = context.new_page()
    page.goto(path.resolve().as_uri())
    _until_ready(page)
    protocol = context.new_cdp_session(page)
    protocol.send("Performance.enable", {"timeDomain": "threadTicks"})
    before = _busy(protocol)
    page.reload()
    _until_ready(page)
    found = {name.removeprefix("gex-") + "_ms": value for name, value in page.evaluate(_MARKS).items()}
    found["cpu_until_ready_ms"] = 1e3 * (_busy(protocol) - before)
    page.evaluate(_COUNT_FRAMES)
    middle = page.evaluate("() => Math.floor(window.gex.day.windows / 2)")
    page.evaluate("(moment) => window.gex.change({ moment, speed: 60 })", middle)

    def play() -> None:
        page.evaluate("() => window.gex.change({ playing: true })")
        page.wait_for_timeout(_PLAYED_MS)
        page.evaluate("() => window.gex.change({ playing: false })")

    found["playing_60_ms"] = _per_frame(page, protocol, play)
    page.evaluate("() => window.gex.change({ speed: 600 })")
    found["playing_600_ms"] = _per_frame(page, protocol, play)
    for mode in ("strikes", "field"):
        page.evaluate("([mode]) => window.gex.change({ mode, x: null })", [mode])
        page.mouse.move(width * 0.4, height * 0.4)
        page.mouse.wheel(0, -700)
        page.wait_for_timeout(200)
        found[f"zoom_{mode}_ms"] = _per_step(page, protocol, lambda step: page.mouse.wheel(0, -4 if step % 2 else 4))
        page.mouse.down()
        found[f"pan_{mode}_ms"] = _per_step(page, protocol, lambda step: page.mouse.move(width * 0.4 + 3 * step, height * 0.4))
        page.mouse.up()
    page.evaluate("() => window.gex.change({ mode: 'strikes', x: null })")
    conventions = page.evaluate("() => window.gex.day.header.conventions.map((one) => one.name)")
    switches = [conventions[1 % len(conventions)], conventions[0]] * 2
    before = _busy(protocol)
    for one in switches:
        page.evaluate("([convention]) => window.gex.change({ convention, weight: null })", [one])
    found["switch_ms"] = 1e3 * (_busy(protocol) - before) / len(switches)
    protocol.send("HeapProfiler.collectGarbage")
    heap = protocol.send("Runtime.getHeapUsage")
    found["heap_mb"] = (heap["usedSize"] + heap.get("backingStorageSize", 0.0)) / 1e6
    context.close()
    return found


def _until_ready(page: Page) -> None:
    page.wait_for_selector(".gex-picture")
    page.evaluate("() => window.gex.ready")


def _busy(protocol: CDPSession) -> float:
    """CPU time of the main thread's tasks so far [s]."""
    metrics = {one["name"]: one["value"] for one in protocol.send("Performance.getMetrics")["metrics"]}
    return float(metrics["TaskDuration"])


def _per_frame(page: Page, protocol: CDPSession, run: Callable[[], None]) -> float:
    """Milliseconds of CPU per frame drawn while something runs."""
    frames, busy = page.evaluate("() => window.frames_drawn"), _busy(protocol)
    run()
    drawn = int(page.evaluate("() => window.frames_drawn")) - int(frames)
    return 1e3 * (_busy(protocol) - busy) / max(1, drawn)


def _per_step(page: Page, protocol: CDPSession, step: Callable[[int], None]) -> float:
    """Milliseconds of CPU per step, each of which draws the chart again."""
    busy = _busy(protocol)
    for number in range(_STEPS):
        step(number)
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => done()))")
    return 1e3 * (_busy(protocol) - busy) / _STEPS


if __name__ == "__main__":
    sys.stdout.write(json.dumps(page_speed(page=sys.argv[1]), indent=1) + "\n")
