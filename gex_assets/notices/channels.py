"""Where notices go: those channels that have an address in the environment, and mail where the settings name a server."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gex_assets.errors import SettingsError
from gex_assets.notice_settings import SECRETS, NoticeSettings
from gex_assets.notices.mail import send_mail
from gex_assets.notices.notice import Notice
from gex_assets.notices.posting import Address, post_json
from gex_assets.notices.webhooks import discord_payload, json_payload, slack_payload

__all__ = ["SECONDS", "Channel", "channels_of"]

SECONDS: Final = 10.0
"""For one attempt at one channel."""

_PAYLOADS: Final[Mapping[str, Callable[[Notice], dict[str, Any]]]] = {
    "discord": discord_payload,
    "slack": slack_payload,
    "webhook": json_payload,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One place that takes notices.

    Attributes
    ----------
    name : under which is kept what it got.
    where : its address as it may be shown.
    send : sends one notice once, within so many seconds; raises DeliveryError.
    """

    name: str
    where: str
    send: Callable[[Notice, float], None]


def channels_of(choices: NoticeSettings, environment: Mapping[str, str]) -> list[Channel]:
    """The channels of this installation; none unless one is configured.

    Raises
    ------
    SettingsError
        An address cannot be used. The message names its variable and quotes nothing of it.
    """
    channels = [
        _webhook(name, Address(environment[SECRETS[name]], name=SECRETS[name]), payload, environment)
        for name, payload in _PAYLOADS.items()
        if environment.get(SECRETS[name])
    ]
    mail, password = choices.mail, environment.get(SECRETS["smtp_password"])
    if mail is not None:
        if mail.user is not None and not password:
            raise SettingsError(f"Expected {SECRETS['smtp_password']} in the environment for the user of notices.mail, was none")

        def by_mail(notice: Notice, seconds: float) -> None:
            send_mail(notice, mail, password=password, seconds=seconds)

        channels.append(Channel(name="mail", where=f"{mail.host}:{mail.port} to {_people(mail.to)}", send=by_mail))
    return channels


def _webhook(name: str, address: Address, payload: Callable[[Notice], dict[str, Any]], environment: Mapping[str, str]) -> Channel:
    token = environment.get(SECRETS["webhook_token"]) if name == "webhook" else None
    if token and not (token.isascii() and token.isprintable()):
        raise SettingsError(f"Expected a token of printable letters in {SECRETS['webhook_token']}, was another text")

    def send(notice: Notice, seconds: float) -> None:
        headers = {}
        if name == "webhook":
            headers["Idempotency-Key"] = notice.key
            if token:
                headers["Authorization"] = f"Bearer {token}"
        post_json(address, payload(notice), headers=headers, seconds=seconds)

    return Channel(name=name, where=address.masked, send=send)


def _people(addresses: Sequence[str]) -> str:
    return addresses[0] if len(addresses) == 1 else f"{addresses[0]} and {len(addresses) - 1} more"
