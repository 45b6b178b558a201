"""What an installation chooses of notices: the table `[notices]` of its settings. Addresses and passwords are no part of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time
from typing import Any, Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

__all__ = ["KINDS", "SECRETS", "Kind", "MailSettings", "NoticeSettings", "has_channel"]

SECRETS: Final = {
    "discord": "GEX_NOTICES_DISCORD",
    "slack": "GEX_NOTICES_SLACK",
    "webhook": "GEX_NOTICES_WEBHOOK",
    "webhook_token": "GEX_NOTICES_WEBHOOK_TOKEN",
    "smtp_password": "GEX_NOTICES_SMTP_PASSWORD",
}
"""Variables of the environment that hold what nobody may read: addresses of webhooks, a token, a password."""

Kind = Literal["brief", "regime", "near", "crossed", "moved", "failure", "missing"]

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
"""What notices are of: levels before a session, a change of regime, a price near a level or across it, a level that moved, a
failed run, no delivery."""

_LOCAL: Final = ("localhost", "127.0.0.1", "::1")
_CLOCK: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
_ADDRESS: Final = re.compile(r"[^@\s,<>]+@[^@\s,<>]+", re.ASCII)


class MailSettings(BaseModel):
    """Where mail goes. The password is read from GEX_NOTICES_SMTP_PASSWORD."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field(min_length=1, description="the server that takes mail")
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = Field(default="starttls", description="none is for a server of this machine")
    user: str | None = Field(default=None, description="who logs in; nobody unless given")
    sender: str = Field(description="address that the mail is from")
    to: tuple[str, ...] = Field(min_length=1, description="addresses that it goes to")

    @field_validator("sender", "to")
    @classmethod
    def _addresses(cls, value: Any) -> Any:
        for one in [value] if isinstance(value, str) else value:
            if _ADDRESS.fullmatch(one) is None:
                raise ValueError(f"Expected an address such as me@example.com, was {one!r}")
        return value

    @model_validator(mode="after")
    def _encrypted(self) -> MailSettings:
        if self.security == "none" and self.host not in _LOCAL:
            raise ValueError(
                f"Expected security starttls or tls for {self.host}, was none: only this machine's own server has none"
            )
        return self


class NoticeSettings(BaseModel):
    """What is told, when, and how often. Nothing is told unless a channel has an address in the environment, or mail a host.

    Distances are in one day's standard deviations of the price.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kinds: tuple[Kind, ...] = Field(default=KINDS, description="what is told")
    conventions: tuple[str, ...] = Field(default=("field",), min_length=1, description="whose regimes and levels")
    scope: str = Field(default="selected", min_length=1, description="scope of the levels")
    near_sigmas: float = Field(default=0.1, gt=0.0, le=10.0, description="a price this near a level is told …")
    rearm_sigmas: float = Field(default=0.25, gt=0.0, le=10.0, description="… and told again once it was farther than this")
    beyond_sigmas: float = Field(default=0.1, ge=0.0, le=10.0, description="a level is crossed this far beyond it")
    hold_seconds: int = Field(default=300, ge=5, description="a wall at another strike or another regime must stay so long")
    least_kept: float = Field(default=0.5, ge=0.0, le=1.0, description="walls that fewer draws keep are not watched")
    max_age_days: int = Field(default=4, ge=1, description="days before that many days ago say nothing: a backfill is silent")
    delivery_due: str | None = Field(default=None, description="HH:MM in Chicago by which the trading day before has come")
    quiet_hours: str | None = Field(default=None, description="HH:MM-HH:MM in Chicago; what comes then is told after it, as one")
    max_per_minute: int = Field(default=10, ge=1, le=60, description="notices that a channel gets within a minute")
    combine_above: int = Field(default=3, ge=1, description="more waiting notices than these are told as one")
    mail: MailSettings | None = None

    @field_validator("delivery_due")
    @classmethod
    def _clock(cls, value: str | None) -> str | None:
        if value is not None and _CLOCK.fullmatch(value) is None:
            raise ValueError(f"Expected HH:MM in Chicago, was {value!r}")
        return value

    @field_validator("quiet_hours")
    @classmethod
    def _two_clocks(cls, value: str | None) -> str | None:
        if value is not None:
            first, _, last = value.partition("-")
            if not (_CLOCK.fullmatch(first) and _CLOCK.fullmatch(last)) or first == last:
                raise ValueError(f"Expected HH:MM-HH:MM in Chicago with two times, was {value!r}")
        return value

    @model_validator(mode="after")
    def _hysteresis(self) -> NoticeSettings:
        if not self.beyond_sigmas <= self.near_sigmas < self.rearm_sigmas:
            raise ValueError(
                f"Expected beyond_sigmas <= near_sigmas < rearm_sigmas, was {self.beyond_sigmas:g}, {self.near_sigmas:g} and "
                f"{self.rearm_sigmas:g}"
            )
        return self

    @property
    def quiet(self) -> tuple[time, time] | None:
        """Begin and end of the quiet hours, on Chicago's clock; the end may be on the next day."""
        if self.quiet_hours is None:
            return None
        first, _, last = self.quiet_hours.partition("-")
        return time.fromisoformat(first), time.fromisoformat(last)

    @property
    def due(self) -> time | None:
        """When the day before must have been delivered, on Chicago's clock."""
        return None if self.delivery_due is None else time.fromisoformat(self.delivery_due)


def has_channel(choices: NoticeSettings, environment: Mapping[str, str]) -> bool:
    """Whether anything can be sent."""
    return choices.mail is not None or any(environment.get(SECRETS[name]) for name in ("discord", "slack", "webhook"))
