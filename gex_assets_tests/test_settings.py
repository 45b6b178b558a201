from __future__ import annotations

import pytest

from gex_assets.errors import SettingsError
from gex_assets.settings import load


@pytest.fixture(autouse=True)
def _nowhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GEX_LAKE", raising=False)


def test_the_environment_wins_over_the_file_and_code_over_both(tmp_path, monkeypatch):
    (tmp_path / "gex.toml").write_text("max_dte = 30\nrate = 0.01\n")
    monkeypatch.setenv("GEX_RATE", "0.02")
    assert (load().max_dte, load().rate, load(rate=0.03).rate) == (30, 0.02, 0.03)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GEX_MAX_DTE", "-1"),
        ("GEX_EXPIRATIONS", "0"),
        ("GEX_EXPIRATIONS", "some"),
        ("GEX_OPTION_FAMILIES", '["monthly"]'),
        ("GEX_OPTION_FAMILIES", '["weekly", "weekly"]'),
        ("GEX_OPTION_FAMILIES", "weekly,monthly"),
        ("GEX_OPTION_FAMILIES", '["weekly"'),
        ("GEX_BASE_SCORES", "Vertical=60"),
        ("GEX_REFERENCE_PRICE", "last"),
        ("GEX_RATE", "nan"),
    ],
)
def test_an_unusable_value_is_refused_with_its_name(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=name.removeprefix("GEX_").lower()):
        load()


@pytest.mark.parametrize("value", ["quarterly,weekly", "quarterly, weekly", '["quarterly", "weekly"]'])
def test_names_in_the_environment_are_a_list_or_separated_by_commas(monkeypatch, value):
    monkeypatch.setenv("GEX_OPTION_FAMILIES", value)
    assert load().option_families == ("quarterly", "weekly")


def test_a_file_that_is_no_toml_is_refused(tmp_path):
    (tmp_path / "gex.toml").write_text("rate =\n")
    with pytest.raises(SettingsError, match=r"gex\.toml"):
        load()


def test_a_misspelt_setting_in_the_file_is_refused(tmp_path):
    (tmp_path / "gex.toml").write_text("maxdte = 30\n")
    with pytest.raises(SettingsError, match="maxdte"):
        load()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '[[conventions]]\nname = "mine"\n',
            "conventions: Expected a whole number of at least 1, .* under version of number 1, was none",
        ),
        ("[[conventions]]\nversion = 1\n", "conventions: Expected a name under name of number 1, was none"),
        (
            '[conventions]\nname = "mine"\n',
            r"conventions: Expected a list of tables, each under \[\[conventions\]\], was \{'name'",
        ),
        ('conventions = ["mine"]\n', r"conventions\.0: Expected a table with a name, was 'mine'"),
        ('[[convention]]\nname = "x"\n', "^convention: Expected one of lake, products, .*conventions, .*, was "),
        ('reference_price = "last"\n', "^reference_price: Expected 'parity', 'future_mid', .*, was 'last'"),
        ("expirations = 0\n", "Expected 'front', 'all' or a number of at least 1, was 0"),
        ('products = ["ES", "ES"]\n', r"^products: Expected each name once, was \['ES', 'ES'\]$"),
        ("rate = 2\n", "^rate: Expected less than 1, was 2$"),
    ],
)
def test_what_is_wrong_is_said_as_expected_and_was(tmp_path, text, message):
    (tmp_path / "gex.toml").write_text(text)
    with pytest.raises(SettingsError, match=message):
        load()


def test_a_convention_with_name_and_version_is_taken(tmp_path):
    (tmp_path / "gex.toml").write_text('[[conventions]]\nname = "mine"\nversion = 2\nsign_model = "gross"\n')
    assert load().conventions == ({"name": "mine", "version": 2, "sign_model": "gross"},)


def test_the_digest_changes_with_the_settings_it_names_and_with_no_other():
    before, after = load(), load(rate=0.05)
    assert before.digest(["rate"]) != after.digest(["rate"])
    assert before.digest(["max_dte"]) == after.digest(["max_dte"])
