"""The least that answers over HTTP on the same server: one route of starlette, with a body that is there."""

from __future__ import annotations

import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

__all__ = ["main"]


def main() -> None:
    """Serve a file's bytes on a port: `python -m benchmarks.bare PORT FILE`."""
    body = Path(sys.argv[2]).read_bytes()

    async def answer(_request: Request) -> Response:
        return Response(body, media_type="application/json")

    app = Starlette(routes=[Route("/levels", answer)])
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
