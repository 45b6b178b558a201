"""Asking a running `gex serve` for the first plan's keys: one request per chain, with the standard library."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from gex_assets.errors import ChainError, GexError
from gex_assets.escaping import visible

__all__ = ["ScoreServer"]

_SECONDS: Final = 10.0
_MOST_BYTES: Final = 64 << 20


class ScoreServer:
    """A server's `POST /v1/score`.

    Parameters
    ----------
    address : as `gex serve` prints it: http://localhost:8474.
    token : where it wants one.

    Raises
    ------
    GexError
        The address is none of http.
    """

    def __init__(self, address: str, *, token: str | None = None) -> None:
        try:
            parts = urlsplit(address)
            host, self._port = parts.hostname or "", parts.port
        except ValueError:
            parts, host = urlsplit(""), ""
        self._host = host
        if parts.scheme != "http" or not host or parts.path.strip("/") or parts.query:
            raise GexError(f"Expected a server's address, was {visible(address)}: write it as http://localhost:8474")
        self.address = address.rstrip("/")
        self._token = token

    def score(self, cache: Mapping[str, Any], *, symbol: str, convention: str, multiplier: float | None = None) -> dict[str, Any]:
        """The answer for a cache of one symbol.

        Raises
        ------
        ChainError
            The server refuses the chain; its words.
        GexError
            No such server answers, or with something else.
        """
        query = {"symbol": symbol, "convention": convention} | ({} if multiplier is None else {"multiplier": repr(multiplier)})
        headers = {"Content-Type": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        connection = http.client.HTTPConnection(self._host, self._port, timeout=_SECONDS)
        try:
            connection.request("POST", f"/v1/score?{urlencode(query)}", json.dumps(cache).encode(), headers)
            answer = connection.getresponse()
            status, body = answer.status, answer.read(_MOST_BYTES)
            found = json.loads(body)
        except (OSError, http.client.HTTPException) as error:
            raise GexError(f"Expected a server at {self.address}, was: {error}: start it with `gex serve`") from error
        except ValueError as error:
            raise GexError(f"Expected JSON of {self.address}, was another answer: is it `gex serve`?") from error
        finally:
            connection.close()
        if status == http.client.UNPROCESSABLE_ENTITY and isinstance(found, dict):
            raise ChainError(str(found.get("detail")))
        if status != http.client.OK or not isinstance(found, dict):
            said = found.get("detail") if isinstance(found, dict) else status
            raise GexError(f"Expected an answer of {self.address}, was {status}: {said}")
        return found
