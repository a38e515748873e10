"""The rules that keep the rooms apart, where neither the linter nor the import contracts can hold them."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("deployer", "sandbox", "tests")
LONGEST_FILE = 350
LONGEST_FUNCTION = 45

ENVIRONMENT = {"os.environ", "os.environb", "os.getenv", "os.putenv", "os.unsetenv"}
# What ends the process or writes to the terminal on its own.
COMMAND_LINE_ONLY = {
    "print",
    "sys.exit",
    "exit",
    "quit",
    "os._exit",
    "SystemExit",
    "typer.echo",
    "sys.stdout",
    "sys.stderr",
}


def python_files(*packages: str) -> list[Path]:
    return sorted(
        path for package in packages for path in (ROOT / package).rglob("*.py") if not in_dependencies(path)
    )


def in_dependencies(path: Path) -> bool:
    return "node_modules" in path.parts


def names_used(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield line and dotted name of every name that is used, `from os import environ` included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.lineno, node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield node.lineno, f"{node.value.id}.{node.attr}"
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def uses(path: Path, unwanted: set[str]) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [f"{path.relative_to(ROOT)}:{line}: {name}" for line, name in names_used(tree) if name in unwanted]


def test_only_the_settings_read_the_environment() -> None:
    others = [
        path
        for path in python_files("deployer")
        if path.relative_to(ROOT / "deployer").parts[0] not in {"settings", "cache_dir.py"}
    ]
    assert [use for path in others for use in uses(path, ENVIRONMENT)] == []


def test_only_the_command_line_writes_to_the_terminal_or_ends_the_process() -> None:
    others = [
        path
        for path in python_files("deployer")
        if path.relative_to(ROOT / "deployer").parts[0] not in {"cli.py", "command_line"}
    ]
    assert [use for path in others for use in uses(path, COMMAND_LINE_ONLY)] == []


def test_the_walk_finds_what_it_looks_for() -> None:
    source = "import os, sys\nfrom os import environ\nos.environ['A']\nprint(sys.exit)\n"
    found = {name for _, name in names_used(ast.parse(source))}
    assert {"os.environ", "print", "sys.exit"} <= found


def test_a_file_can_be_read_in_one_sitting() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in python_files(*PACKAGES)}
    assert {
        str(path.relative_to(ROOT)): length for path, length in lengths.items() if length > LONGEST_FILE
    } == {}


def test_a_function_fits_on_a_screen() -> None:
    assert [found for path in python_files(*PACKAGES) for found in long_functions(path)] == []


def long_functions(path: Path) -> list[str]:
    functions = (
        node
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    return [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.name}"
        for node in functions
        if code_lines(node) > LONGEST_FUNCTION
    ]


def code_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return how many lines a function has, its docstring apart."""
    whole = (node.end_lineno or node.lineno) - node.lineno + 1
    first = node.body[0]
    return whole - ((first.end_lineno or first.lineno) - first.lineno + 1 if ast.get_docstring(node) else 0)


def test_set_up_needs_nothing_installed() -> None:
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import sandbox.setup.command"
    bare = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert bare.returncode == 0, bare.stderr
