"""The documents name what there is: files, commands, options, tables, columns, settings; and they can be read."""

import ast
import re
import tomllib
from functools import cache
from itertools import pairwise
from pathlib import Path

import click
import pytest

from benchmarks.guard import guard
from gex_assets.cli.main import gex
from gex_assets.client.magic8 import main as magic8
from gex_assets.conventions import conventions
from gex_assets.lake.raw.delivery_notes import NOTE_NAME
from gex_assets.lake.raw.sidecars import SIDECAR_NAMES
from gex_assets.schemas.registry import TABLES
from gex_assets.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "gex_assets"
ROOTS = (ROOT, PACKAGE, ROOT / "gex_assets_tests")

DOCUMENTS = sorted(
    [ROOT / name for name in ("README.md", "ARCHITECTURE.md", "METHODS.md", "CHANGELOG.md", "data/README.md")]
    + list((ROOT / "docs").rglob("*.md"))
)
OF_NOW = [path for path in DOCUMENTS if path.name != "CHANGELOG.md"]
"""A changelog may name what is gone."""

MOST_WORDS = 30
MADE_BY_A_READER = ("gex.toml",)
"""Files that the documents tell a reader to make."""
IN_THE_LAKE = ("_rejected/", "raw/", NOTE_NAME, *SIDECAR_NAMES)

ADDED_BY_A_RECIPE = {
    "add_a_column.md": {"wall_distance"},
    "add_a_check.md": {"regimes_are_known", "least_share", "_regimes_are_known"},
    "add_a_setting.md": {
        *("min_event", "min_event_seconds", "_min_event_seconds", "greater_equal", "GEX_MIN_EVENT_SECONDS"),
        *("least_known_share", "regimes_are_known", "least_share", "_regimes_are_known"),
    },
    "add_a_table.md": {
        "regime_counts",
        "REGIME_COUNTS",
        "count_all",
        "test_windows_are_counted_by_convention_and_regime_and_unknown_ones_nowhere",
    },
}
"""Names of the examples, which are in no code, and of pyarrow."""

FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
FILE = re.compile(r"\.?[\w-][\w.-]*(/[\w.-]+)*(/|\.(py|md|toml|yaml|lock|json|txt))")
LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
COMMAND = re.compile(r"(?<![\w./-])(?:\.venv/bin/)?gex +([a-z][^`;&|#\n]*)")
DEFINED = re.compile(r"((?:`\w+`(?:, | and ))*`\w+`) in `([\w/]+\.py)`")


def by_name(paths: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", paths, ids=[path.relative_to(ROOT).as_posix() for path in paths])


@cache
def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def prose_of(path: Path) -> str:
    return FENCE.sub("", text_of(path))


@cache
def words_of_the_code() -> frozenset[str]:
    sources = [path for name in ("gex_assets", "gex_assets_tests", "benchmarks") for path in (ROOT / name).rglob("*.py")]
    words = {word for path in sources if path != Path(__file__) for word in re.findall(r"\w+", text_of(path))}
    words |= {path.stem for path in (*sources, *DOCUMENTS)} | {name for name in globals() if name.startswith("test_")}
    columns = {name for table in TABLES.values() for name in table.column_names}
    return frozenset(words | columns | {f"GEX_{name.upper()}" for name in Settings.model_fields})


def found_in(name: str) -> list[Path]:
    return [root / name for root in ROOTS if (root / name).exists()]


@by_name(OF_NOW)
def test_every_file_and_folder_named_exists(path: Path) -> None:
    named = [code for code in CODE.findall(prose_of(path)) if FILE.fullmatch(code)]
    missing = [name for name in named if name not in (*MADE_BY_A_READER, *IN_THE_LAKE) and not found_in(name)]
    assert not missing, f"Expected files and folders of this project in {path.name}, was {missing}"


@by_name(OF_NOW)
def test_every_module_named_exists(path: Path) -> None:
    for name in re.findall(r"\bgex_assets(?:_tests)?(?:\.\w+)+", prose_of(path)):
        parts = name.split(".")
        # The last part may be what a module defines.
        places = [ROOT.joinpath(*parts[:end]) for end in (len(parts), len(parts) - 1)]
        assert any(place.is_dir() or place.with_suffix(".py").is_file() for place in places), name


@by_name(OF_NOW)
def test_functions_are_defined_where_the_documents_say(path: Path) -> None:
    for names, file in DEFINED.findall(prose_of(path)):
        tree = ast.parse(found_in(file)[0].read_text(encoding="utf-8"))
        defined = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
        defined |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        missing = set(CODE.findall(names)) - defined
        assert not missing, f"Expected {file} to define {sorted(missing)}, was only {sorted(defined)}"


@by_name(OF_NOW)
def test_every_name_in_code_style_is_one_of_the_code(path: Path) -> None:
    """Names with an underscore or a capital inside, and names in capitals: in prose and in examples."""
    examples = [body for language, body in FENCE.findall(text_of(path)) if language in {"python", "toml"}]
    text = "\n".join(CODE.findall(prose_of(path)) + examples)
    named = set(re.findall(r"(?<![\w{|…])(?:_*[A-Za-z]\w*_\w+|_\w+|[A-Z]{4,}|[A-Z][a-z]+[A-Z]\w*)(?![\w{|…])", text))
    unknown = {name for name in named if not name.endswith("_")} - words_of_the_code() - ADDED_BY_A_RECIPE.get(path.name, set())
    assert not unknown, f"Expected names that the code has, was {sorted(unknown)}"


def test_the_walks_of_the_architecture_name_functions() -> None:
    assert len(DEFINED.findall(prose_of(ROOT / "ARCHITECTURE.md"))) >= 20


@by_name(DOCUMENTS)
def test_links_lead_somewhere(path: Path) -> None:
    for target in LINK.findall(prose_of(path)):
        if not target.startswith(("http://", "https://")):
            assert (path.parent / target.partition("#")[0]).exists(), f"{path.name}: {target}"


@by_name(OF_NOW)
def test_every_command_and_option_exists(path: Path) -> None:
    for line in COMMAND.findall(text_of(path)):
        words = line.split()
        command: click.Command = gex
        while isinstance(command, click.Group) and words:
            name = words.pop(0)
            assert name in command.commands, f"Expected a command of gex, was {line!r}"
            command = command.commands[name]
        known = {option for parameter in command.params for option in parameter.opts}
        asked = {word.partition("=")[0].rstrip("\")'") for word in words if word.startswith("--")}
        assert asked <= known, f"Expected options of `gex {line}`: {sorted(known)}, was {sorted(asked - known)}"


@by_name(OF_NOW)
def test_options_named_alone_exist_too(path: Path) -> None:
    commands = [gex, *gex.commands.values()]
    commands += [inner for command in commands[1:] if isinstance(command, click.Group) for inner in command.commands.values()]
    known = {option for command in (*commands, guard, magic8) for parameter in command.params for option in parameter.opts}
    asked = set(re.findall(r"(?<![\w-])--[a-z][\w-]*", text_of(path)))
    assert asked <= known, f"Expected options of gex, of the guard or of the first plan's consumer, was {sorted(asked - known)}"


def test_the_readmes_examples_run() -> None:
    examples = dict(FENCE.findall(text_of(ROOT / "README.md")))
    names: dict[str, object] = {}
    exec(examples["python"], names)  # noqa: S102
    assert names["result"].net_gex is not None
    settings = Settings(**tomllib.loads(examples["toml"]))
    assert conventions(settings.conventions)[-1].name == "mine"


@by_name(OF_NOW)
def test_every_make_target_exists(path: Path) -> None:
    targets = re.findall(r"^([a-z-]+):", text_of(ROOT / "Makefile"), re.MULTILINE)
    for target in re.findall(r"(?:^|`)make ([a-z-]+)", text_of(path), re.MULTILINE):
        assert target in targets, f"Expected a target of the Makefile, was {target!r}"


@by_name(OF_NOW)
def test_tables_and_columns_named_exist(path: Path) -> None:
    named = [code.split(".") for code in CODE.findall(prose_of(path)) if re.fullmatch(r"\w+\.\w+", code)]
    missing = [name for name in named if name[0] in TABLES and name[1] not in TABLES[name[0]].column_names]
    assert not missing, f"Expected columns of tables, was {missing}"


def test_the_readme_has_every_table_below_bronze_and_every_setting() -> None:
    readme = text_of(ROOT / "README.md")
    rows = [set(CODE.findall(line.split("|")[1])) for line in readme.splitlines() if line.startswith("|")]
    named = set().union(*rows)
    below = {name for name, table in TABLES.items() if table.layer not in ("raw", "bronze")} - {"gold_vector_dictionary"}
    assert below <= named
    assert set(Settings.model_fields) <= named


def test_the_architecture_draws_the_layers_that_are_checked() -> None:
    contracts = tomllib.loads(text_of(ROOT / "pyproject.toml"))["tool"]["importlinter"]["contracts"]
    blocks = [block.splitlines() for _, block in FENCE.findall(text_of(ROOT / "ARCHITECTURE.md"))]
    assert contracts[0]["layers"] in blocks


def test_the_architecture_names_every_room() -> None:
    text = text_of(ROOT / "ARCHITECTURE.md")
    rooms = [path.parent.relative_to(PACKAGE).as_posix() + "/" for path in PACKAGE.rglob("__init__.py") if path.parent != PACKAGE]
    missing = [room for room in rooms if f"`{room}`" not in text]
    assert not missing, f"Expected every room in ARCHITECTURE.md, was without {missing}"


def test_the_methods_and_recipes_are_all_in_their_index() -> None:
    for index, folder in ((ROOT / "METHODS.md", "methods"), (ROOT / "docs/recipes/README.md", "recipes")):
        linked = {(index.parent / target).resolve() for target in LINK.findall(text_of(index))}
        missing = set((ROOT / "docs" / folder).glob("*.md")) - linked - {index}
        assert not missing


def test_the_glossary_is_sorted_and_says_where() -> None:
    lines = [line.split("|")[1:-1] for line in text_of(ROOT / "docs/glossary.md").splitlines() if line.startswith("| ")][1:]
    words = [word.strip() for word, _, _ in lines]
    assert all(one.casefold() < other.casefold() for one, other in pairwise(words))
    for word, meaning, where in lines:
        assert 1 <= len(re.findall(r"\.(?: |$)", meaning.strip())) <= 3, word
        assert CODE.findall(where), word


@by_name(DOCUMENTS)
def test_sentences_can_be_read_in_one_breath(path: Path) -> None:
    long = [sentence for sentence in sentences(prose_of(path)) if len(sentence.split()) > MOST_WORDS]
    assert not long, f"Expected at most {MOST_WORDS} words, was {long}"


def test_sentences_are_found() -> None:
    text = "# A heading\n\nOne two\nthree. Four `a b c` five!\n\n- six\n- seven: 1.5 points\n  and eight\n\n| a | b |\n"
    assert sentences(text) == ["One two three.", "Four code five!", "six", "seven: 1.5 points and eight"]


def sentences(prose: str) -> list[str]:
    """The sentences of Markdown without fences: headings, tables, formulas and code are left out; an item of a list ends one."""
    blocks: list[str] = [""]
    for line in prose.splitlines():
        if not line.strip() or line.lstrip().startswith(("#", "|")) or line.startswith("    "):
            blocks.append("")
        elif re.match(r"\s*(?:[-*]|\d+\.) ", line):
            blocks.append(re.sub(r"^\s*(?:[-*]|\d+\.) ", "", line))
        else:
            blocks[-1] += f" {line.strip()}"
    plain = [re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", CODE.sub("code", block)).strip() for block in blocks]
    return [sentence for block in plain if block for sentence in re.split(r"(?<=[.!?])\s+(?=[\w(*\"−-])", block)]


UNSEARCHED = re.compile(r"\b(?:anew|beside)\b", re.IGNORECASE)


def test_no_text_has_words_that_nobody_searches_for() -> None:
    """Documents, comments, docstrings and messages of the package and of its pages; names in code are not texts."""
    places = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *PACKAGE.rglob("*.py"), *(ROOT / "web" / "src").rglob("*.ts")]
    assert len(places) > 300
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in places
        for line in path.read_text().splitlines()
        if UNSEARCHED.search(line)
    ]
    assert found == []
