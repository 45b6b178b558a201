"""Server-sent events on the wire, sent to a reader who may be slow, gone, or never come back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from typing import Any, Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

__all__ = ["EVENT_STREAM", "EventResponse", "comment", "event"]

EVENT_STREAM: Final = "text/event-stream"
_SEND_SECONDS: Final = 30.0
"""A reader that takes nothing for so long is gone."""


def event(kind: str, data: Mapping[str, Any], *, id: str | None = None) -> bytes:  # noqa: A002 (the field's name)
    """One event; JSON has no line breaks of its own."""
    head = f"id: {id}\n" if id is not None else ""
    return f"{head}event: {kind}\ndata: {json.dumps(data, separators=(',', ':'), allow_nan=False)}\n\n".encode()


def comment(text: str) -> bytes:
    """A line that readers leave out; it shows both ends that the other is there."""
    return f": {text}\n\n".encode()


class EventResponse(Response):
    """Sends events until there are no more, the reader leaves, or it takes none for too long."""

    media_type = EVENT_STREAM

    def __init__(self, events: AsyncIterator[bytes]) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the sending and the watching for a leave side by side; the first to end ends both."""
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        sending = asyncio.create_task(self._send_all(send))
        leaving = asyncio.create_task(_left(receive))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, leaving):
                task.cancel()
            await asyncio.gather(sending, leaving, return_exceptions=True)
        if sending.done() and not sending.cancelled() and sending.exception() is not None:
            error = sending.exception()
            if not isinstance(error, (TimeoutError, OSError)):
                raise error  # type: ignore[misc]

    async def _send_all(self, send: Send) -> None:
        async with aclosing(self._events) as events:  # type: ignore[type-var]
            async for one in events:
                await asyncio.wait_for(send({"type": "http.response.body", "body": one, "more_body": True}), _SEND_SECONDS)
        await asyncio.wait_for(send({"type": "http.response.body", "body": b"", "more_body": False}), _SEND_SECONDS)


async def _left(receive: Receive) -> None:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
