"""What an installation may choose of notices, and what is refused, in words."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from gex_assets.errors import SettingsError
from gex_assets.settings import load, unknown_variables

MAIL = 'host = "smtp.example.com"\nsender = "gex@example.com"\nto = ["me@example.com"]\n'


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def loaded(text: str) -> object:
    Path("gex.toml").write_text(f"[notices]\n{text}")
    return load().notices


def test_a_table_of_settings_is_read() -> None:
    found = loaded(f'quiet_hours = "22:00-06:00"\ndelivery_due = "07:00"\n[notices.mail]\n{MAIL}')
    assert (found.quiet, found.due) == ((time(22, 0), time(6, 0)), time(7, 0))
    assert (found.mail.port, found.mail.security) == (587, "starttls")


def test_the_environment_has_it_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEX_NOTICES", '{"conventions": ["magic8"]}')
    assert load().notices.conventions == ("magic8",)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('quiet_hours = "22-6"', "notices.quiet_hours: Expected HH:MM-HH:MM in Chicago with two times, was '22-6'"),
        ('quiet_hours = "06:00-06:00"', "notices.quiet_hours: Expected HH:MM-HH:MM in Chicago with two times"),
        ('delivery_due = "24:00"', "notices.delivery_due: Expected HH:MM in Chicago, was '24:00'"),
        ("near_sigmas = 0.3", "notices: Expected beyond_sigmas <= near_sigmas < rearm_sigmas, was 0.1, 0.3 and 0.25"),
        ("near_sigmas = 0", "notices.near_sigmas: Expected greater than 0"),
        (
            'kinds = ["regimes"]',
            "notices.kinds.0: Expected 'brief', 'regime', 'near', 'crossed', 'moved', 'failure' or",
        ),
        ("conventions = []", "notices.conventions: Expected at least one"),
        ('quiet_hour = "22:00-06:00"', "notices.quiet_hour: Expected the name of a setting, was none: did you mean quiet_hours?"),
        (f"[notices.mail]\n{MAIL}server = 5", "notices.mail.server: Expected the name of a setting, was none"),
        ('[notices.mail]\nhost = "a"\nsender = "me"\nto = ["me@a.b"]', "notices.mail.sender: Expected an address such as"),
        (
            f'[notices.mail]\n{MAIL}security = "none"',
            "notices.mail: Expected security starttls or tls for",
        ),
        (f'[notices.mail]\n{MAIL}password = "x"', "notices.mail.password: Expected the name of a setting, was none"),
    ],
)
def test_an_unusable_choice_is_refused_with_its_name(text: str, says: str) -> None:
    with pytest.raises(SettingsError) as caught:
        loaded(text)
    assert says in str(caught.value)


def test_secrets_are_known_variables() -> None:
    names = ("DISCORD", "SLACK", "WEBHOOK", "WEBHOOK_TOKEN", "SMTP_PASSWORD")
    assert unknown_variables({f"GEX_NOTICES_{name}": "x" for name in names}) == []
    assert unknown_variables({"GEX_NOTICES_DISCORDS": "x"}) == [
        "GEX_NOTICES_DISCORDS is no setting and changes nothing: did you mean GEX_NOTICES_DISCORD?"
    ]
