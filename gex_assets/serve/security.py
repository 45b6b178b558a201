"""Who may ask: the name that was asked for, the token, and the headers that keep a browser within bounds.

A page of another site can make a browser ask 127.0.0.1, also under a name of its own that it lets point there. So the Host header
must be one of ours. No CORS header is ever sent: other sites' scripts cannot read an answer. Where others than this machine can
reach the server, a token is needed.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Collection
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gex_assets.serve.answers.problems import problem_response

__all__ = ["API_POLICY", "Guard", "host_name", "is_loopback"]

API_POLICY: Final = "default-src 'none'; frame-ancestors 'none'"
"""What a browser may do with an answer of the API that somebody opens as a page: nothing. Pages state their own."""

STREAMS: Final = ("/v1/stream", "/v1/replay/")
"""Beginnings of paths whose answers have no end: they know no HEAD."""

_LOCAL_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_COOKIE: Final = "gex_session"
_PARAMETER: Final = "token"
_SAFE: Final = ("GET", "HEAD", "OPTIONS")
_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def is_loopback(host: str) -> bool:
    """Whether only programs of this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def host_name(host: str) -> str | None:
    """The name or address of a Host header without its port; None where it is none.

    >>> host_name("localhost:8474"), host_name("[::1]:80"), host_name("evil.example@localhost")
    ('localhost', '::1', None)
    """
    if not host or any(letter in host for letter in "/@?#\\ \t,"):
        return None
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port  # raises where it is no number
    except ValueError:
        return None
    return None if parts.hostname is None else parts.hostname.rstrip(".")


class Guard:
    """Refuses requests under other names or without the token; adds headers to every answer.

    Parameters
    ----------
    hosts : names and addresses that the server may be asked under, next to those of this machine for itself.
    any_address : whether any address is one of ours: the server listens on all of them. Names are refused all the same.
    token : that a request must bring; None where none is needed.
    """

    def __init__(self, app: ASGIApp, *, hosts: Collection[str] = (), any_address: bool = False, token: str | None = None) -> None:
        self._app = app
        self._hosts = _LOCAL_NAMES | {host.lower() for host in hosts}
        self._any_address = any_address
        self._token = None if token is None else _digest(token)
        self._session = secrets.token_urlsafe(32)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or hand on; HEAD is asked as GET, and the server leaves out the body."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        if scope["type"] == "websocket":  # there are none
            await send({"type": "websocket.close", "code": 1008})
            return
        headers = Headers(scope=scope)

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                added = MutableHeaders(raw=message["headers"])
                for name, value in _HEADERS.items():
                    added[name] = value
                if message["status"] != HTTPStatus.NOT_MODIFIED:  # a browser would put it in place of the policy of its copy
                    added.setdefault("Content-Security-Policy", API_POLICY)
                message = {**message, "headers": added.raw}
            await send(message)

        refusal = self._refusal(scope, headers)
        if scope["method"] == "HEAD" and not scope["path"].startswith(STREAMS):
            scope = {**scope, "method": "GET"}
        await (self._app if refusal is None else refusal)(scope, receive, guarded)

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        path = scope["path"]
        names = headers.getlist("host")
        if len(names) != 1 or not self._is_ours(names[0]):
            return problem_response(
                HTTPStatus.MISDIRECTED_REQUEST,
                f"Expected this server's own address in Host, was {', '.join(names) or 'none'}: ask it as localhost",
                path=path,
            )
        if self._token is not None:
            entering = self._entering(scope)
            if entering is not None:
                return entering
            if not self._is_known(scope, headers):
                return problem_response(
                    HTTPStatus.UNAUTHORIZED,
                    "Expected the server's token, was none or another: give `Authorization: Bearer TOKEN`, or ?token=TOKEN once",
                    path=path,
                    headers={"WWW-Authenticate": 'Bearer realm="gex"', "Cache-Control": "no-store"},
                )
        if scope["method"] not in _SAFE and not _is_same_site(headers, names[0]):
            return problem_response(
                HTTPStatus.FORBIDDEN,
                "Expected a request of this server's own pages or of a program, was another site's",
                path=path,
            )
        return None

    def _is_ours(self, host: str) -> bool:
        name = host_name(host)
        if name is None:
            return False
        if name.lower() in self._hosts:
            return True
        return self._any_address and _is_address(name)

    def _is_known(self, scope: Scope, headers: Headers) -> bool:
        kind, _, value = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and self._is_token(value.strip()):
            return True
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(_COOKIE)
        except CookieError:
            return False
        return cookie is not None and hmac.compare_digest(cookie.value.encode(), self._session.encode())

    def _entering(self, scope: Scope) -> Response | None:
        """With the token in the address: a cookie, and the address without it, also where the cookie was there. Else None."""
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = [value for name, value in query if name == _PARAMETER]
        if scope["method"] == "GET" and len(given) == 1 and self._is_token(given[0]):
            rest = urlencode([(name, value) for name, value in query if name != _PARAMETER])
            raw = scope.get("raw_path", scope["path"].encode()).decode("latin-1").partition("?")[0]
            # "//name" would lead to another site
            target = "/" + raw.lstrip("/") + (f"?{rest}" if rest else "")
            answer = RedirectResponse(target, status_code=HTTPStatus.SEE_OTHER, headers={"Cache-Control": "no-store"})
            answer.set_cookie(_COOKIE, self._session, httponly=True, samesite="strict", path="/")
            return answer
        return None

    def _is_token(self, given: str) -> bool:
        return self._token is not None and hmac.compare_digest(_digest(given), self._token)


def _digest(token: str) -> bytes:
    """Tokens are compared by their hashes: neither length nor letters show in the time that it takes."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_same_site(headers: Headers, host: str) -> bool:
    """Whether a browser's request that changes something comes from a page of ours. Programs send neither header."""
    if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    try:
        return origin is None or urlsplit(origin).netloc.lower() == host.lower()
    except ValueError:  # such as "http://[", which is no address
        return False
