"""Reads values of a chart as helm does, and nothing that JSON has no word for.

Helm decodes YAML with a library of Go and turns it into JSON. PyYAML reads some plain scalars in another way
(`12:30` as a number, `1e3` as text), builds objects that no chart can use (`!!binary`, `!!set`), follows
aliases in circles, and fails where brackets are nested deeply. So only its parser is used here: the events
become values without recursion, within limits.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from typing import Any, NoReturn

import yaml

# The values of a hub are a few kilobytes; helm keeps a release in a Secret, which holds 1 MiB.
LONGEST_TEXT = 256 * 1024
MOST_VALUES = 5_000
DEEPEST = 64

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"})
_FALSE = frozenset({"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"})
_NOT_FINITE = re.compile(r"[+-]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_INTEGER = re.compile(r"[+-]?(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|[1-9][0-9]*|0)")
_FLOAT = re.compile(r"[+-]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][+-]?[0-9]+)?")
_TAG = "tag:yaml.org,2002:"
_SCALAR_TAGS = frozenset(f"{_TAG}{name}" for name in ("str", "int", "float", "bool", "null"))
_COLLECTION_TAGS = frozenset({f"{_TAG}map", f"{_TAG}seq"})
_MERGE = object()


class UnusableValuesError(ValueError):
    """Values that cannot be read, or that JSON has no word for.

    Args:
        rule: what is wrong, a sentence without its subject and without any value.
        remedy: what to write instead.

    """

    def __init__(self, rule: str, remedy: str) -> None:
        super().__init__(rule)
        self.rule = rule
        self.remedy = remedy


class _DuplicateKeyError(UnusableValuesError):
    """A mapping has a key twice: helm would take the last one, and what the first one says would be lost."""

    def __init__(self, place: tuple[int, int] | None = None) -> None:
        where = f" (line {place[0] + 1}, column {place[1] + 1})" if place else ""
        super().__init__(f"has a key twice in one mapping{where}.", "Write both values under one of them.")


def load_chart_values(text: str) -> Any:
    """Return a document of YAML or JSON as values that JSON can say.

    Raises:
        UnusableValuesError: it cannot be read so.
        yaml.YAMLError: it is not YAML.

    """
    if len(text) > LONGEST_TEXT:
        raise UnusableValuesError(
            f"is longer than {LONGEST_TEXT // 1024} KiB.", "Leave out what is not needed."
        )
    try:
        # JSON is YAML but for a few characters, which it may write as two escapes or without any.
        document = json.loads(text, parse_constant=_no_number, object_pairs_hook=_without_duplicates)
    except RecursionError:
        _refuse_depth()
    except _DuplicateKeyError:
        _load_yaml(text)  # Its error says where.
        raise
    except ValueError:
        return _load_yaml(text)
    _check(document)
    return document


def _no_number(_name: str) -> NoReturn:
    raise ValueError  # JSON has no Infinity and NaN, and YAML reads these words as text.


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _DuplicateKeyError
    return found


def _load_yaml(text: str) -> Any:
    builder = _Builder()
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        builder.add(event)
    return builder.document


def _check(document: Any) -> None:
    """Refuse what is too deep or too much, and text that cannot be written as UTF-8."""
    values, depth, count = [document], 0, 0
    while values:
        count += len(values)
        inside = [each for each in values if isinstance(each, dict | list)]
        if inside and (depth := depth + 1) > DEEPEST:
            _refuse_depth()
        if count > MOST_VALUES:
            _refuse_size()
        for text in values:
            if isinstance(text, str):
                _check_characters(text)
        values = [
            part for each in inside for part in ([*each, *each.values()] if isinstance(each, dict) else each)
        ]


def _check_characters(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UnusableValuesError(
            "has half a character (a lone surrogate).", "Write the whole character."
        ) from None


@dataclass
class _Open:
    """A mapping or list that is not complete yet."""

    value: dict[str, Any] | list[Any]
    anchor: str | None
    size: int = 1
    own_keys: set[str] = field(default_factory=set)
    key: Any = None
    has_key: bool = False


class _Builder:
    """Builds a document from events."""

    def __init__(self) -> None:
        self.document: Any = None
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._documents = 0
        self._place = (0, 0)

    def add(self, event: yaml.Event) -> None:
        """Take one event."""
        if event.start_mark is not None:
            self._place = (event.start_mark.line, event.start_mark.column)
        if isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise UnusableValuesError("has several documents.", "Leave out the lines with ---.")
        elif isinstance(event, yaml.AliasEvent):
            self._put(*self._anchored(str(event.anchor)))
        elif isinstance(event, yaml.ScalarEvent):
            value = _scalar(event)
            self._remember(event.anchor, value, 1)
            self._put(value, 1)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._begin(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._end()

    def _begin(self, event: yaml.CollectionStartEvent) -> None:
        if event.tag not in {None, "!", *_COLLECTION_TAGS}:
            _refuse_tag(str(event.tag))
        if len(self._open) >= DEEPEST:
            _refuse_depth()
        self._open.append(_Open({} if isinstance(event, yaml.MappingStartEvent) else [], event.anchor))

    def _end(self) -> None:
        done = self._open.pop()
        self._remember(done.anchor, done.value, done.size)
        self._put(done.value, done.size)

    def _anchored(self, name: str) -> tuple[Any, int]:
        if name not in self._anchors:
            raise UnusableValuesError(
                "has an alias (*) for something that contains it or does not exist.", "Write the value there."
            )
        return self._anchors[name]

    def _remember(self, anchor: str | None, value: Any, size: int) -> None:
        if anchor is not None:
            self._anchors[anchor] = (value, size)

    def _put(self, value: Any, size: int) -> None:
        """Put a complete value where it belongs."""
        if not self._open:
            self.document = None if value is _MERGE else value
            return
        inside = self._open[-1]
        inside.size += size
        if sum(each.size for each in self._open) > MOST_VALUES:
            _refuse_size()
        if isinstance(inside.value, list):
            inside.value.append("<<" if value is _MERGE else value)
        elif not inside.has_key:
            inside.key, inside.has_key = value if value is _MERGE else self._new_key(inside, value), True
        else:
            _set(inside, "<<" if value is _MERGE else value)

    def _new_key(self, mapping: _Open, value: Any) -> str:
        key = _key(value)
        if key in mapping.own_keys:
            raise _DuplicateKeyError(self._place)
        mapping.own_keys.add(key)
        return key


def _set(mapping: _Open, value: Any) -> None:
    key, mapping.key, mapping.has_key = mapping.key, None, False
    if key is not _MERGE:
        mapping.value[key] = value
        return
    sources = value if isinstance(value, list) else [value]
    if not all(isinstance(source, dict) for source in sources):
        raise UnusableValuesError("merges (<<) something that is no mapping.", "Write the keys themselves.")
    # As in Go's library: of several sources the first counts, but each replaces keys that stand before it.
    for source in reversed(sources):
        mapping.value.update(source)  # type: ignore[union-attr]


def _key(value: Any) -> str:
    """Return a key as helm writes it into JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        whole = isinstance(value, float) and value.is_integer() and abs(value) < 2**63
        return json.dumps(int(value) if whole else value)
    raise UnusableValuesError("has a key that is not text.", 'Put it in quotes: "…".')


def _scalar(event: yaml.ScalarEvent) -> Any:
    if event.tag not in {None, "!", *_SCALAR_TAGS}:
        _refuse_tag(str(event.tag))
    if event.tag in {"!", f"{_TAG}str"} or (event.tag is None and not event.implicit[0]):
        return event.value
    value = _plain(event.value)
    if event.tag not in {None, _tag_of(value)} and not (event.tag == f"{_TAG}float" and type(value) is int):
        raise UnusableValuesError("has a value that does not fit its tag (!!).", "Leave out the tag.")
    return value


def _plain(text: str) -> Any:
    """Return the value of a scalar without quotes, as go.yaml.in/yaml/v2 resolves it."""
    if text == "<<":
        return _MERGE
    if text in _NULL:
        return None
    if text in _TRUE | _FALSE:
        return text in _TRUE
    if _NOT_FINITE.fullmatch(text):
        _refuse_infinity()
    if text[0] not in "0123456789+-.":
        return text
    digits = text.replace("_", "")
    if _INTEGER.fullmatch(digits):
        # Python writes an octal number with an o, Go without it, too.
        whole = int(re.sub(r"^([+-]?)0(?=[0-7])", r"\g<1>0o", digits), 0)
        if -(2**63) <= whole < 2**64:
            return whole
    # Go has no larger integers: their digits are read as a fraction, other forms of them as text.
    number = float(digits) if _FLOAT.fullmatch(digits) else math.inf
    return number if math.isfinite(number) else text


def _tag_of(value: Any) -> str:
    kinds = {str: "str", int: "int", float: "float", bool: "bool", type(None): "null"}
    return f"{_TAG}{kinds.get(type(value), 'str')}"


def _refuse_depth() -> NoReturn:
    raise UnusableValuesError(f"is nested more than {DEEPEST} levels deep.", "Write it flatter.") from None


def _refuse_size() -> NoReturn:
    raise UnusableValuesError(f"has more than {MOST_VALUES} values.", "Leave out what is not needed.")


def _refuse_tag(tag: str) -> NoReturn:
    known = tag if re.fullmatch(rf"{_TAG}(binary|set|omap|pairs|timestamp|merge|value)", tag) else ""
    name = f" (!!{known.removeprefix(_TAG)})" if known else ""
    raise UnusableValuesError(f"has a tag{name} that JSON has no word for.", "Write plain text or numbers.")


def _refuse_infinity() -> NoReturn:
    raise UnusableValuesError(
        "has a number that is not finite (.inf or .nan).", "Put it in quotes, or leave it out."
    )
