"""The morning's brief as a notice: the levels before a session, one for each convention."""

from __future__ import annotations

from datetime import date
from typing import Final

from gex_assets.analytics.reach import shown_flip
from gex_assets.brief.facts import read_brief
from gex_assets.brief.notice import brief_notice
from gex_assets.lake.tables import Lake
from gex_assets.notice_settings import NoticeSettings
from gex_assets.notices.notice import Notice, text_notice
from gex_assets.notices.texts import level_error

__all__ = ["brief_notices"]

_FIELDS: Final = (
    *("weight_used", "reference_price", "call_wall", "put_wall", "zero_gamma", "net_gex", "net_gex_se", "expected_move"),
    "open_interest_is_final",
)


def brief_notices(lake: Lake, choices: NoticeSettings, *, product: str, session: date | None = None) -> list[Notice]:
    """The brief of a session for each chosen convention.

    Early open interest and final open interest make two notices: levels may differ, and the brief says which it is.

    Parameters
    ----------
    session : its trade date; None for the latest one that has levels.

    Raises
    ------
    GexError
        No levels are published for the session, or none of a convention.
    """
    found = []
    for convention in choices.conventions:
        brief = read_brief(lake, product=product, session=session, convention=convention, with_frame=False)
        row = shown_flip(brief.all)
        is_final = {True: "final", False: "early", None: "none"}[row["open_interest_is_final"]]
        title, *lines = brief_notice(brief).splitlines()
        found.append(
            text_notice(
                title,
                # the notice itself says since when it is known, to the second
                "\n".join(line for line in lines if not line.startswith("known from ")),
                kind="brief",
                identity=(product, str(brief.session_date), convention, is_final),
                ts_known=row["ts_known"],
                fields={
                    "product": product,
                    "session_date": str(brief.session_date),
                    "convention": convention,
                    "scope": "all",
                    "scale": row["scale"],
                    **{name: row[name] for name in _FIELDS},
                    "zero_gamma_error": level_error(row, "zero_gamma"),
                },
            )
        )
    return found
