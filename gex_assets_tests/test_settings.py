from __future__ import annotations

import pytest

from gex_assets.errors import SettingsError, SymbolError
from gex_assets.settings import load, unknown_variables


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
        ('[[convention]]\nname = "x"\n', "^convention: .*, was none: did you mean conventions.: in gex.toml$"),
        ('expirations = "none"\n', "^expirations: Expected 'front' or 'all' or a whole number, was 'none'$"),
        ("products = []\n", r"^products: Expected at least one, was \[\]$"),
        ('multipliers = {SPX = "x"}\n', "^multipliers.SPX: Expected a number, was 'x'$"),
        ('reference_price = "last"\n', "^reference_price: Expected 'parity', 'future_mid', .*, was 'last'"),
        ("expirations = 0\n", "Expected 'front', 'all' or a number of at least 1, was 0"),
        ('products = ["ES", "ES"]\n', r"^products: Expected each name once, was \['ES', 'ES'\]$"),
        ("rate = 2\n", "^rate: Expected less than 1, was 2$"),
        (
            '[[conventions]]\nname = "mine"\nversion = 1\nscale = "usd_per_pct"\n',
            "^conventions: convention mine.scale: Expected one of usd_per_1pct, .*, was 'usd_per_pct'$",
        ),
        (
            '[[conventions]]\nname = "field"\nversion = 3\n',
            "Expected a convention name that is not taken, was 'field'$",
        ),
        ('[[conventions]]\nname = "mine"\nversion = 1\nwalls = "net_side"\n', "Expected keys of .*, was 'walls'$"),
        ("[multipliers]\nes = 50\n", "^multipliers: Expected symbols other than ES, .*, was ES: remove it$"),
        ("[base_scores]\nVertical = nan\n", "^base_scores.Vertical: Expected a finite number, was nan$"),
    ],
)
def test_what_is_wrong_is_said_as_expected_and_was(tmp_path, text, message):
    (tmp_path / "gex.toml").write_text(text)
    with pytest.raises(SettingsError, match=message):
        load()


def test_an_unknown_product_is_refused_with_the_settings_name(tmp_path):
    (tmp_path / "gex.toml").write_text('products = ["ES", "SPX"]\n')
    with pytest.raises(SymbolError, match=r"^products: Expected products of ES, .*, was 'SPX'$"):
        load()


def test_a_convention_with_name_and_version_is_taken(tmp_path):
    (tmp_path / "gex.toml").write_text('[[conventions]]\nname = "mine"\nversion = 2\nsign_model = "gross"\n')
    assert load().conventions == ({"name": "mine", "version": 2, "sign_model": "gross"},)


def test_the_digest_changes_with_the_settings_it_names_and_with_no_other():
    before, after = load(), load(rate=0.05)
    assert before.digest(["rate"]) != after.digest(["rate"])
    assert before.digest(["max_dte"]) == after.digest(["max_dte"])


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("GEX_RATES", "GEX_RATE"),
        ("GEX_OPTION_FAMILY", "GEX_OPTION_FAMILIES"),
        ("GEX_MAXDTE", "GEX_MAX_DTE"),
        ("gex_lakes", "GEX_LAKE"),
        ("GEX_LAKEE", "GEX_LAKE"),
    ],
)
def test_a_variable_that_is_no_setting_is_said_with_the_nearest_name(name, near):
    assert unknown_variables({name: "1", "PATH": "x", "_GEX_COMPLETE": "x"}) == [
        f"{name} is no setting and changes nothing: did you mean {near}?"
    ]


def test_settings_in_the_environment_are_known_in_any_case():
    assert unknown_variables({"GEX_RATE": "1", "gex_rate": "1", "GEX_SENSOR_MAX_REQUESTS": "2"}) == []


def test_a_lakes_own_file_counts_for_what_is_said_nowhere_else(tmp_path, monkeypatch):
    lake = tmp_path / "lake"
    lake.mkdir()
    (lake / "gex.toml").write_text('max_dte = 100\nrate = 0.01\nopen_ratio = 0.2\noption_families = ["daily"]\n')
    (tmp_path / "gex.toml").write_text('max_dte = 30\nlake = "lake"\n')
    monkeypatch.setenv("GEX_RATE", "0.02")
    found = load(open_ratio=0.7)
    assert (found.max_dte, found.rate, found.open_ratio, found.option_families) == (30, 0.02, 0.7, ("daily",))
    assert load(lake=tmp_path / "other").option_families == ("quarterly",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('lake = "x"\n', "another lake"),
        ("rate =\n", r"lake/gex\.toml"),
        ("maxdte = 3\n", r"maxdte: Expected the name of a setting, was none: did you mean max_dte\?: in .*lake/gex\.toml"),
        ("max_dte = -1\n", r"max_dte: Expected .*, was -1: in .*lake/gex\.toml"),
    ],
)
def test_an_unusable_file_of_a_lake_is_refused(tmp_path, text, said):
    lake = tmp_path / "lake"
    lake.mkdir()
    (lake / "gex.toml").write_text(text)
    with pytest.raises(SettingsError, match=said):
        load(lake=lake)


def test_a_working_folder_that_is_the_lake_has_one_file(tmp_path):
    (tmp_path / "gex.toml").write_text('lake = "."\nmax_dte = 30\n')
    assert load().max_dte == 30
