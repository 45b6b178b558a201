"""The commands `gex serve` and `gex replay`: the lake's pages and API over HTTP."""

from __future__ import annotations

import json
from datetime import date
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import click

from gex_assets.cli.options import Clock, CommandWithExamples, Day, lake_option, product_option, say
from gex_assets.defaults import SERVE_PORT
from gex_assets.errors import GexError
from gex_assets.settings import Settings, load

if TYPE_CHECKING:
    from gex_assets.lake.tables import Lake
    from gex_assets.serve.server import Listening

__all__ = ["replay", "serve"]

_LONGEST_ANSWER: Final = 100_000


_token_option: Final = click.option(
    "--token", envvar="GEX_SERVE_TOKEN", help="What requests must bring. [default: GEX_SERVE_TOKEN]"
)


@click.command(
    cls=CommandWithExamples,
    examples=(
        "gex serve                                 # http://localhost:8474",
        "gex serve --lake /data/lake --port 0      # any free port",
        "gex serve --host 0.0.0.0 --token TOKEN    # for other machines too",
    ),
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65_535), default=SERVE_PORT, show_default=True, help="Port; 0 for any free one.")
@_token_option
@lake_option
def serve(*, host: str, port: int, token: str | None, lake: Path | None) -> None:
    """Serve the lake's pages and a read-only API on this machine.

    Pages are at /, the API at /v1. Open pages hear of days that are published. Ctrl-C ends it. Another --host than this
    machine's own needs a token: `Authorization: Bearer TOKEN`, or ?token=TOKEN once in a browser.
    """
    from gex_assets.lake.existing import existing_lake
    from gex_assets.serve.server import listen

    settings = load(lake=lake)
    there = existing_lake(settings.lake)
    listening = listen(host, port)
    _serve(
        there,
        settings,
        listening,
        token=token,
        said=f"Serving {there.uri} at {listening.url}: pages at /, the API at /v1. Ctrl-C ends it.",
    )


@click.command(
    cls=CommandWithExamples,
    examples=(
        "gex replay                                # the last published day, 60 times as fast",
        "gex replay --date 2026-01-06 --speed 300 --from 14:30",
    ),
)
@click.option("--date", "day", type=Day(), help="The day to play. [default: the last published one]")
@click.option(
    "--speed", type=click.FloatRange(0.1, 10_000), default=60.0, show_default=True, help="Seconds of the day per second."
)
@click.option("--from", "begin", type=Clock(), help="Where it begins, in UTC. [default: the first window]")
@click.option("--port", type=click.IntRange(0, 65_535), default=SERVE_PORT, show_default=True, help="Port; 0 for any free one.")
@_token_option
@product_option
@lake_option
def replay(
    *, day: date | None, speed: float, begin: str | None, port: int, token: str | None, product: str | None, lake: Path | None
) -> None:
    """Play a stored day in the browser, window by window.

    The page and its events are those of `gex serve`, which is started, or used where it runs on the port already. The page of
    the address that is printed plays; its stream tells how speed, pause and place are changed. With a token, the browser needs
    ?token=TOKEN once.
    """
    from gex_assets.lake.existing import existing_lake
    from gex_assets.lake.ranges.latest import latest_day
    from gex_assets.serve.server import listen

    settings = load(lake=lake)
    there = existing_lake(settings.lake)
    name = product or settings.default_product
    days = there.days("silver_gex_levels", name)
    chosen = day or latest_day(there, "silver_gex_levels", name)
    if chosen not in days:
        known = f"days are {days[0]} to {days[-1]}" if days else "`gex run` makes days"
        raise GexError(f"Expected a published day of {name}, was none{'' if chosen is None else f' on {chosen}'}: {known}")
    query = {"replay": f"{speed:g}"} | ({} if begin is None else {"from": begin})
    path = f"/days/{name}/{chosen}?{urlencode(query)}"
    running = _running(port, token)
    if running is not None:
        if running["lake"] != there.identity:
            raise GexError(f"Expected the server on port {port} to serve {there.uri}, was another lake's: give another --port")
        say(f"Replay of {name} {chosen}: open http://127.0.0.1:{port}{path}")
        return
    listening = listen("127.0.0.1", port)
    _serve(
        there, settings, listening, token=token, said=f"Replay of {name} {chosen}: open {listening.url}{path}. Ctrl-C ends it."
    )


def _serve(lake: Lake, settings: Settings, listening: Listening, *, token: str | None, said: str) -> None:
    from gex_assets.serve.server import make_server

    server = make_server(lake, settings, listening, token=token, started=lambda: say(said))
    server.run(sockets=[listening.socket])


def _running(port: int, token: str | None) -> dict[str, Any] | None:
    """What a server of ours that runs on the port already says of itself; None where there is none.

    Raises
    ------
    GexError
        It wants another token.
    """
    from http.client import HTTPConnection, HTTPException

    if not port:
        return None
    connection = HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/v1", headers={} if token is None else {"Authorization": f"Bearer {token}".encode()})
        answer = connection.getresponse()
        wants_token = answer.status == HTTPStatus.UNAUTHORIZED and 'realm="gex"' in answer.headers.get("WWW-Authenticate", "")
        found = json.loads(answer.read(_LONGEST_ANSWER))
    except (OSError, HTTPException, ValueError):
        return None
    finally:
        connection.close()
    if wants_token:
        was = "none" if token is None else "another"
        raise GexError(
            f"Expected the token of the server on port {port}, was {was}: "
            "give it with --token or GEX_SERVE_TOKEN, or another --port"
        )
    return found if isinstance(found, dict) and isinstance(found.get("lake"), str) else None
