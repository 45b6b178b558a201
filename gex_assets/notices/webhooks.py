"""What each kind of webhook gets. Text of ours stays text: no mention, no link, no emphasis comes of it."""

from __future__ import annotations

import re
from typing import Any, Final

from gex_assets.notices.notice import Notice

__all__ = ["discord_payload", "json_payload", "slack_payload"]

_DISCORD_MARKS: Final = re.compile(r"([\\*_~`|<>\[\]()#:@]|^-)", re.MULTILINE)
_DISCORD_MOST: Final = 2_000


def discord_payload(notice: Notice) -> dict[str, Any]:
    """A message of Discord (developer documentation, "Execute Webhook"), which mentions nobody.

    Marks are escaped. Where that does not fit into the 2,000 letters that Discord takes, the text is sent as a block of code.
    """
    content = _DISCORD_MARKS.sub(r"\\\1", notice.text)
    if len(content) > _DISCORD_MOST:
        content = "```\n" + notice.text.replace("`", "'") + "\n```"
    return {"content": content, "allowed_mentions": {"parse": []}, "flags": 4}  # 4 shows no preview of what looks like a link


def slack_payload(notice: Notice) -> dict[str, Any]:
    """A message of Slack (API documentation, "Incoming webhooks"): its three control letters are escaped, marks are not read."""
    text = notice.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return {
        "text": text,
        "blocks": [{"type": "section", "text": {"type": "plain_text", "text": notice.text, "emoji": False}}],
        "unfurl_links": False,
    }


def json_payload(notice: Notice) -> dict[str, Any]:
    """The notice as docs/notices.md describes it."""
    return notice.document
