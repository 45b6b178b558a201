"""Random changes of a module, and whether its tests notice: `python -m gex_assets_tests.mutants MODULE … [--count N] [--seed S]`.

A change swaps a comparison or an operator, moves a constant, negates a condition, or drops a statement. It is made in a copy of
the tree. The module's own tests run first, then those of its folder. A change that none of them notices is printed as it reads,
for a person to judge: it may change nothing that can be seen.
"""

from __future__ import annotations

import argparse
import ast
import copy
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]

COMPARED = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
COMBINED = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Add,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.And: ast.Or,
    ast.Or: ast.And,
}
WITHOUT_EFFECT = ("strict", "copy", "inline", "check")
"""Arguments that change no result where the code is right."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: where it is, how the line read and reads, and the module's whole text with it."""

    line: int
    before: str
    after: str
    text: str


def mutants(text: str) -> Iterator[Mutant]:
    """Every change that a module's text allows, in the order of its lines."""
    tree = ast.parse(text)
    left_alone = _left_alone(tree)
    for place, node in enumerate(ast.walk(tree)):
        for choice in range(0 if id(node) in left_alone else _choices(node)):
            changed = copy.deepcopy(tree)
            target = next(one for at, one in enumerate(ast.walk(changed)) if at == place)
            before = ast.unparse(target)
            _change(target, choice)
            if isinstance(node, ast.stmt):
                ast.fix_missing_locations(changed)
            after = ast.unparse(target)
            if before != after:
                yield Mutant(line=getattr(node, "lineno", 0), before=before, after=after, text=ast.unparse(changed))


def _left_alone(tree: ast.AST) -> set[int]:
    """Nodes whose change says nothing about tests: decorators, annotations, assertions of equal lengths."""
    found: set[int] = set()
    for node in ast.walk(tree):
        parts: list[ast.AST | None] = []
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            parts += node.decorator_list
        if isinstance(node, ast.FunctionDef):
            parts.append(node.returns)
        if isinstance(node, ast.arg | ast.AnnAssign):
            parts.append(node.annotation)
        if isinstance(node, ast.keyword) and node.arg in WITHOUT_EFFECT:
            parts.append(node.value)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            parts += [node, node.test]
        found |= {id(one) for part in parts if part is not None for one in ast.walk(part)}
    return found


def _choices(node: ast.AST) -> int:
    if isinstance(node, ast.Compare):
        return sum(type(op) in COMPARED for op in node.ops[:1])
    if isinstance(node, ast.BinOp | ast.AugAssign | ast.BoolOp):
        return int(type(node.op) in COMBINED)
    if isinstance(node, ast.Constant):
        return int(isinstance(node.value, int | float))
    if isinstance(node, ast.If | ast.IfExp | ast.While):
        return 1
    if isinstance(node, ast.FunctionDef):
        return sum(_can_go(statement) for statement in node.body)
    return 0


def _can_go(statement: ast.stmt) -> bool:
    """Whether the function can be read without the statement: it sets something that exists, or calls something."""
    if isinstance(statement, ast.AugAssign):
        return True
    if isinstance(statement, ast.Assign):
        return all(isinstance(target, ast.Subscript | ast.Attribute) for target in statement.targets)
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)


def _change(node: ast.AST, choice: int) -> None:
    if isinstance(node, ast.Compare):
        node.ops[0] = COMPARED[type(node.ops[0])]()
    elif isinstance(node, ast.BinOp | ast.AugAssign | ast.BoolOp):
        node.op = COMBINED[type(node.op)]()
    elif isinstance(node, ast.Constant):
        value = node.value
        node.value = (not value) if isinstance(value, bool) else value + 1 if isinstance(value, int) else value * 1.5 + 0.25
    elif isinstance(node, ast.If | ast.IfExp | ast.While):
        node.test = ast.UnaryOp(op=ast.Not(), operand=node.test)
    elif isinstance(node, ast.FunctionDef):
        going = [statement for statement in node.body if _can_go(statement)][choice]
        node.body[node.body.index(going)] = ast.Pass()


def tests_of(module: str) -> tuple[list[str], str]:
    """The tests that mirror a module, and their folder."""
    path = Path(module)
    folder = Path("gex_assets_tests", *path.parts[1:-1])
    near = sorted(str(one.relative_to(ROOT)) for one in (ROOT / folder).glob(f"test_{path.stem}*.py"))
    return near, str(folder)


def is_noticed(tree: Path, tests: list[str], *, seconds: int) -> bool:
    """Whether one of the tests fails, or does not end in time."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-m", "not long", *tests]
    environment = {**os.environ, "PYTHONPATH": str(tree), "HYPOTHESIS_STORAGE_DIRECTORY": str(tree / ".hypothesis")}
    try:
        done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return True
    return done.returncode != 0


def main() -> int:
    """Print each change and what became of it; exit with 1 where one was not noticed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="+", help="gex_assets/….py")
    parser.add_argument("--count", type=int, default=5, help="changes a module")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=int, default=300, help="longest run of tests")
    asked = parser.parse_args()
    total = unnoticed = 0
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(".venv", ".git", "data", "out"))
        shared = ROOT.parent / "shared"
        if shared.is_dir():
            (Path(folder) / "shared").symlink_to(shared)
        for module in asked.modules:
            path = tree / module
            original = path.read_bytes()
            found = list(mutants(original.decode()))
            chosen = random.Random(f"{asked.seed} {module}").sample(found, min(asked.count, len(found)))
            near, wide = tests_of(module)
            for mutant in chosen:
                path.write_text(mutant.text)
                noticed = (bool(near) and is_noticed(tree, near, seconds=asked.seconds)) or is_noticed(
                    tree, [wide], seconds=asked.seconds
                )
                total += 1
                unnoticed += not noticed
                verdict = "noticed " if noticed else "SURVIVED"
                before, after = (text.replace("\n", " ")[:90] for text in (mutant.before, mutant.after))
                print(f"{verdict} {module}:{mutant.line}: {before}  ->  {after}", flush=True)  # noqa: T201
            path.write_bytes(original)
    print(f"{total - unnoticed} of {total} changes noticed")  # noqa: T201
    return int(unnoticed > 0)


if __name__ == "__main__":
    sys.exit(main())
