"""Parses template expressions, from text to syntax tree.

A string in a template is an expression if it stands in brackets: `[concat('a', parameters('b').c[0])]`. The
grammar has string and integer literals, function calls, property access and indexers; `[[` at the start
escapes the bracket, `''` a quote in a string.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from sandbox.azure.resource_manager.providers.deployments.errors import ExpressionError


@dataclass(frozen=True)
class Literal:
    """A string or an integer."""

    value: str | int


@dataclass(frozen=True)
class Call:
    """A call of a template function."""

    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True)
class Index:
    """An indexer `of[key]`, or a property `of.name`, which has a literal key."""

    of: Node
    key: Node


Node: TypeAlias = Literal | Call | Index


@dataclass(frozen=True)
class Token:
    """A token; `kind` is its name in the error texts of Azure."""

    kind: str
    text: str


_TOKENS = re.compile(
    r"\s*(?:(?P<LiteralString>'(?:''|[^'])*')|(?P<Integer>-?\d+)|(?P<Identifier>[A-Za-z_]\w*)"
    r"|(?P<LeftParenthesis>\()|(?P<RightParenthesis>\))|(?P<LeftSquareBracket>\[)"
    r"|(?P<RightSquareBracket>\])|(?P<Comma>,)|(?P<Dot>\.))"
)
_END = Token("EndOfData", "")


def is_expression(text: str) -> bool:
    """Return whether a template string is an expression."""
    return text.startswith("[") and not text.startswith("[[") and text.endswith("]")


def unescape(text: str) -> str:
    """Return the value of a template string that is no expression."""
    return text[1:] if text.startswith("[[") else text


@lru_cache(maxsize=4096)
def parse(text: str) -> Node:
    """Return the syntax tree of an expression, given with its brackets.

    Raises:
        ExpressionError: it does not follow the grammar.

    """
    return _Parser(text[1:-1]).whole()


def _tokenise(source: str) -> list[Token]:
    tokens: list[Token] = []
    position, end = 0, len(source.rstrip())
    while position < end:
        match = _TOKENS.match(source, position)
        if match is None or match.lastgroup is None:
            where = len(source) - len(source[position:].lstrip())
            raise ExpressionError(
                f"The language expression '{source}' is not valid: the string character "
                f"'{source[where]}' at position '{where}' is not expected."
            )
        tokens.append(Token(match.lastgroup, match[match.lastgroup]))
        position = match.end()
    return tokens


class _Parser:
    """A recursive descent parser of one expression."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._tokens = _tokenise(source)
        self._position = 0

    def whole(self) -> Node:
        """Parse the whole expression."""
        try:
            node = self._expression()
        except RecursionError:
            raise ExpressionError(
                f"The language expression '{self._source[:80]}' is nested too deeply."
            ) from None
        self._expect("EndOfData")
        return node

    def _peek(self) -> Token:
        return self._tokens[self._position] if self._position < len(self._tokens) else _END

    def _accept(self, kind: str) -> Token | None:
        token = self._peek()
        if token.kind != kind:
            return None
        self._position += 1
        return token

    def _expect(self, kind: str) -> Token:
        token = self._accept(kind)
        if token is None:
            raise ExpressionError(
                f"Unable to parse language expression '{self._source}': expected token '{kind}' "
                f"and actual '{self._peek().kind}'."
            )
        return token

    def _expression(self) -> Node:
        node = self._primary()
        while True:
            if self._accept("Dot"):
                node = Index(node, Literal(self._expect("Identifier").text))
            elif self._accept("LeftSquareBracket"):
                node = Index(node, self._expression())
                self._expect("RightSquareBracket")
            else:
                return node

    def _primary(self) -> Node:
        if token := self._accept("LiteralString"):
            return Literal(token.text[1:-1].replace("''", "'"))
        if token := self._accept("Integer"):
            return Literal(int(token.text))
        name = self._expect("Identifier").text
        self._expect("LeftParenthesis")
        return Call(name, self._arguments())

    def _arguments(self) -> tuple[Node, ...]:
        if self._accept("RightParenthesis"):
            return ()
        arguments = [self._expression()]
        while self._accept("Comma"):
            arguments.append(self._expression())
        self._expect("RightParenthesis")
        return tuple(arguments)
