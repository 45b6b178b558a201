"""Other sites and other machines: names, tokens, headers, and text that would be markup."""

from __future__ import annotations

from pathlib import Path

import pytest

from gex_assets.errors import GexError, SettingsError
from gex_assets.lake.tables import Lake
from gex_assets.serve.security import host_name, is_loopback
from gex_assets.serve.server import listen, make_server
from gex_assets.settings import load
from gex_assets_tests.serve.servers import Client, running

TOKEN = "a-token-of-some-length"  # noqa: S105


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:80", "127.0.0.1", "127.0.0.1:8474", "[::1]:8474", "localhost."])
def test_our_own_names_are_answered(served: Client, host: str) -> None:
    assert served.ask("/v1", Host=host).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "evil@localhost",
        "",
        "localhost/x",
        "192.168.0.7",
        "[::1",
        "localhost:http",
        "localhost, evil.example",
        "0.0.0.0",  # noqa: S104
    ],
)
def test_other_names_are_refused(served: Client, host: str) -> None:
    served.problem("/v1", 421, Host=host)


def test_names_of_hosts() -> None:
    assert [host_name(one) for one in ("a:1", "[::1]:2", "a b", "a:b")] == ["a", "::1", None, None]
    assert all(map(is_loopback, ("localhost", "127.0.0.9", "::1")))
    assert not any(map(is_loopback, ("0.0.0.0", "example.org", "192.168.0.7")))  # noqa: S104


def test_every_answer_keeps_a_browser_within_bounds(served: Client) -> None:
    for path in ("/v1", "/", "/v1/levels/ES/latest", "/nothing"):
        headers = served.ask(path, Origin="http://evil.example").headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert not [name for name in headers if name.startswith("access-control-")]
        assert "server" not in headers


def test_another_sites_page_cannot_post(served: Client) -> None:
    served.problem("/v1/score", 403, method="POST", body=b"{}", Origin="http://evil.example", Content_Type="application/json")
    served.problem("/v1/score", 403, method="POST", body=b"{}", Sec_Fetch_Site="cross-site", Content_Type="application/json")


def test_without_the_token_nothing_is_answered(published: Path) -> None:
    with running(published, token=TOKEN) as client:
        for path in ("/", "/v1", "/v1/levels/ES/latest", "/v1/stream", "/nothing"):
            detail = client.problem(path, 401)
            assert TOKEN not in detail
        for wrong in ("Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer", f"Bearer {TOKEN[:-1]}"):
            client.problem("/v1", 401, Authorization=wrong)
        client.problem("/v1?token=wrong", 401)
        client.problem(f"/v1?token={TOKEN}&token={TOKEN}", 401)
        assert client.ask("/v1", Authorization=f"Bearer {TOKEN}").status == 200


def test_the_token_in_the_address_becomes_a_cookie_once(published: Path) -> None:
    with running(published, token=TOKEN) as client:
        answer = client.ask(f"/v1/levels/ES?limit=1&token={TOKEN}&times=ns")
        assert (answer.status, answer.headers["location"]) == (303, "/v1/levels/ES?limit=1&times=ns")
        cookie = answer.headers["set-cookie"]
        assert TOKEN not in cookie
        assert "httponly" in cookie.lower()
        assert "samesite=strict" in cookie.lower()
        assert client.ask("/v1/levels/ES?limit=1", Cookie=cookie.partition(";")[0]).status == 200
        again = client.ask(f"/v1?token={TOKEN}", Cookie=cookie.partition(";")[0])  # a bookmark, opened a second time
        assert (again.status, again.headers["location"]) == (303, "/v1")
        client.problem("/v1", 401, Cookie="gex_session=wrong")
        assert client.ask(f"//evil.example/x?token={TOKEN}").headers["location"] == "/evil.example/x"


def test_other_machines_need_a_token(published: Path) -> None:
    listening = listen("0.0.0.0", 0)  # noqa: S104
    try:
        with pytest.raises(SettingsError, match="Expected --token"):
            make_server(Lake(published), load(lake=published), listening)
        with pytest.raises(SettingsError, match="at least 16"):
            make_server(Lake(published), load(lake=published), listening, token="short")  # noqa: S106
    finally:
        listening.socket.close()
    with running(published, host="0.0.0.0", token=TOKEN) as client:  # noqa: S104
        assert client.ask("/v1", Host="192.168.0.7:8474", Authorization=f"Bearer {TOKEN}").status == 200
        client.problem("/v1", 421, Host="evil.example", Authorization=f"Bearer {TOKEN}")


def test_a_port_that_is_taken_says_so() -> None:
    first = listen("127.0.0.1", 0)
    try:
        with pytest.raises(GexError, match=f"Expected port {first.port} of 127.0.0.1 to be free, was taken"):
            listen("127.0.0.1", first.port)
        with pytest.raises(GexError, match="give another"):
            listen("203.0.113.1", 0)
        with pytest.raises(GexError, match="Expected an address of this machine"):
            listen("no.such.name.invalid", 0)
    finally:
        first.socket.close()


@pytest.mark.parametrize(
    "path", ["/v1/levels/<script>", "/days/%3Cimg%20src=x%3E/2026-01-06", "/v1/levels/ES?convention=%3Cb%3E"]
)
def test_markup_in_a_path_is_data(served: Client, path: str) -> None:
    answer = served.ask(path)
    assert answer.status in (404, 422)
    assert answer.headers["content-type"] == "application/problem+json"
