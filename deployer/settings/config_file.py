"""Reads config.json: reports errors by line and column, and unknown keys with a likely correction."""

from __future__ import annotations

import json
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from deployer.errors import Problem
from deployer.settings.json_with_comments import loads
from deployer.settings.types.validation import either

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path


class _DuplicateKeyError(ValueError):
    """An object has the same key twice."""


def read_config_file(
    path: Path, known: Collection[str], ignored: Collection[str]
) -> tuple[dict[str, Any] | None, list[Problem]]:
    """Return the values in a config.json by dotted path, and the problems of the file.

    The values are None if the file cannot be read.

    Args:
        path: of the file.
        known: dotted paths of the settings; everything below such a path belongs to its value.
        ignored: dotted paths of earlier releases: accepted, but never suggested.

    """
    try:
        document = loads(_text(path.read_bytes()), _without_duplicates)
    except OSError as error:
        return None, [_problem(path, f"cannot be read: {error.strerror}.", "Name a file that exists.")]
    except UnicodeDecodeError:
        return None, [_problem(path, "is not text in UTF-8 or UTF-16.", "Save it as UTF-8.")]
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        return None, [
            _problem(path, f"is not JSON ({where}: {error.msg}).", "Correct it there or just before.")
        ]
    except _DuplicateKeyError as error:
        return None, [_problem(path, f"has the key {error} twice in one object.", "Leave one of them.")]
    if not isinstance(document, dict):
        return None, [_problem(path, "must be a JSON object.", 'Write {"binderhub": {"name": "…"}, …}.')]
    walk = _Walk(path.name, known, ignored)
    _walk(document, (), walk)
    return walk.values, walk.problems


def _text(content: bytes) -> str:
    """Decode a file as its byte order mark tells; PowerShell writes UTF-16 with one."""
    return content.decode(json.detect_encoding(content))


class _Walk:
    """The state of a walk through the document."""

    def __init__(self, file: str, known: Collection[str], ignored: Collection[str]) -> None:
        self.file = file
        self.known = known
        self.leaves = {*known, *ignored}
        self.sections = {path.rpartition(".")[0] for path in self.leaves}
        self.values: dict[str, Any] = {}
        self.problems: list[Problem] = []


def _walk(section: dict[str, Any], above: tuple[str, ...], walk: _Walk) -> None:
    for key, value in section.items():
        # The README of the predecessor writes a section as "https:", with the colon.
        path = ".".join((*above, key.rstrip(":")))
        if path in walk.leaves:
            walk.values[path] = value
        elif path in walk.sections and isinstance(value, dict):
            _walk(value, (*above, key.rstrip(":")), walk)
        elif path in walk.sections and value is not None:
            walk.problems.append(_in_file(path, walk, "must be an object.", "Write its settings in { }."))
        elif path not in walk.sections and key != "$schema":
            walk.problems.append(_in_file(path, walk, "is not a setting.", _meant(path, walk.known)))


def _meant(path: str, known: Collection[str]) -> str:
    """Suggest settings: with the same name in other sections, with a similar name, or with a similar path."""
    section, _, key = path.rpartition(".")
    siblings = [other.rpartition(".")[2] for other in known if other.rpartition(".")[0] == section]
    namesakes = sorted(other for other in known if other.rpartition(".")[2] == key)
    likely = [f"{section}.{name}".lstrip(".") for name in get_close_matches(key, siblings, n=2)]
    meant = [*namesakes, *likely] or get_close_matches(path, list(known), n=2)
    return f"Did you mean {either(meant)}?" if meant else "Remove it."


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    section = dict(pairs)
    if len(section) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _DuplicateKeyError(next(repr(key) for key in keys if keys.count(key) > 1))
    return section


def _in_file(path: str, walk: _Walk, rule: str, remedy: str) -> Problem:
    """Return a problem without the value, because an unknown key may hold a secret."""
    return Problem(f"{path} in {walk.file}", None, rule, remedy)


def _problem(path: Path, rule: str, remedy: str) -> Problem:
    return Problem(str(path), None, rule, remedy)
