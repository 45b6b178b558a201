"""A notice as text and as fields: short enough, narrow enough, with an identity that lasts."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex_assets.errors import GexError
from gex_assets.notices.notice import MOST_LETTERS, SCHEMA, WIDTH, Notice, combined
from gex_assets.notices.webhooks import discord_payload, slack_payload
from gex_assets_tests.notices.made_up import made_up

texts = st.text(st.characters(codec="utf-8"), max_size=3_000)
notices = st.builds(
    Notice,
    kind=st.sampled_from(["crossed", "failure", "text"]),
    identity=st.lists(st.text(max_size=20), max_size=3).map(tuple),
    title=texts,
    lines=st.lists(texts, max_size=5).map(tuple),
    ts_known=st.one_of(st.none(), st.integers(0, 2**62)),
)


@given(notices)
def test_any_text_fits_and_steers_nothing(one: Notice) -> None:
    assert len(one.text) <= MOST_LETTERS
    assert one.text.endswith("dealers. Not financial advice.") == (one.kind != "failure")
    assert all(letter.isprintable() or letter == "\n" for letter in one.text)
    assert all(len(line) <= WIDTH or " " not in line.strip() for line in one.text.splitlines())
    assert len(discord_payload(one)["content"]) <= 2_000
    json.dumps(one.document, allow_nan=False)


@given(notices)
def test_what_is_kept_is_restored(one: Notice) -> None:
    assert Notice.restored(json.loads(json.dumps(one.kept()))) == one


@pytest.mark.parametrize("kept", [{}, {"kind": "a"}, made_up(1).kept() | {"lines": 5}, made_up(1).kept() | {"ts_known": "soon"}])
def test_what_was_not_kept_is_refused(kept: dict[str, object]) -> None:
    with pytest.raises(GexError, match="Expected a notice that was kept, was"):
        Notice.restored(kept)


@given(st.lists(notices, min_size=1, max_size=60))
def test_many_as_one_fit_too(some: list[Notice]) -> None:
    one = combined(some)
    assert len(one.text) <= MOST_LETTERS
    assert one.parts == (tuple(some) if len(some) > 1 else ())


def test_an_identity_is_its_content() -> None:
    assert made_up(1).key == made_up(1).key != made_up(2).key
    assert Notice(kind="a", identity=("b", "c"), title="").key != Notice(kind="a", identity=("b c",), title="").key
    assert Notice(kind="a", identity=("b",), title="x").key == Notice(kind="a", identity=("b",), title="y").key


def test_the_fields_of_the_webhook_are_those_that_are_described() -> None:
    document = made_up(1).document
    assert list(document) == [
        *("schema", "key", "kind", "title", "text", "ts_known", "known_at", "fields", "notices", "disclaimer")
    ]
    assert (document["schema"], document["known_at"]) == (SCHEMA, "2026-01-06T14:30:05+00:00")


def test_chats_get_text_that_mentions_and_links_nobody() -> None:
    one = Notice(kind="failure", identity=("a",), title="@everyone <!channel> [a](http://b)", lines=("*c* `d` & <@U1>", "- e_f"))
    discord, slack = discord_payload(one), slack_payload(one)
    assert discord["allowed_mentions"] == {"parse": []}
    assert discord["content"].splitlines()[:3] == [
        r"\@everyone \<!channel\> \[a\]\(http\://b\)",
        r"\*c\* \`d\` & \<\@U1\>",
        r"\- e\_f",
    ]
    assert slack["text"].splitlines()[:2] == ["@everyone &lt;!channel&gt; [a](http://b)", "*c* `d` &amp; &lt;@U1&gt;"]
    assert slack["blocks"][0]["text"]["type"] == "plain_text"


def test_a_text_of_marks_alone_still_fits_discord() -> None:
    one = Notice(kind="text", identity=("a",), title="```" * 600)
    content = discord_payload(one)["content"]
    assert len(content) <= 2_000
