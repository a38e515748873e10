"""The template expression language's grammar, with wild inputs too."""

from __future__ import annotations

import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as some

from sandbox.azure.resource_manager.providers.deployments.errors import ExpressionError
from sandbox.azure.resource_manager.providers.deployments.evaluation import Scope, evaluate
from sandbox.azure.resource_manager.providers.deployments.expressions import (
    Call,
    Index,
    Literal,
    is_expression,
    parse,
    unescape,
)
from tests.template_click import CONTEXT


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("[f()]", True),
        ("[[f()]", False),
        ("[f()] and more", False),
        ("plain", False),
        ("", False),
        ("[", False),
    ],
)
def test_an_expression_stands_in_brackets(text: str, is_one: bool) -> None:  # noqa: FBT001 - a table's column
    assert is_expression(text) is is_one


def test_a_doubled_bracket_stands_for_one() -> None:
    assert unescape("[[not an expression]") == "[not an expression]"


def test_a_doubled_quote_stands_for_one() -> None:
    assert parse("[f('it''s')]") == Call("f", (Literal("it's"),))


def test_properties_and_items_are_reached_from_left_to_right() -> None:
    inner = Index(Index(Call("f", ()), Literal("a")), Literal(0))
    assert parse("[f().a[0].b]") == Index(inner, Literal("b"))


def test_an_item_may_be_named_by_an_expression() -> None:
    assert parse("[f()[g('x')]]") == Index(Call("f", ()), Call("g", (Literal("x"),)))


def test_white_space_does_not_matter() -> None:
    assert parse("[ f ( 'a' , -2 ) . b ]") == parse("[f('a',-2).b]")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("concat('a'", "Unable to parse language expression 'concat('a'': expected token 'RightParenthesis'"),
        ("", "Unable to parse language expression '': expected token 'Identifier' and actual 'EndOfData'."),
        ("f", "expected token 'LeftParenthesis' and actual 'EndOfData'."),
        ("f() g()", "expected token 'EndOfData' and actual 'Identifier'."),
        ("f({})", "'f({})' is not valid: the string character '{' at position '2' is not expected."),
        ("f('a)", "the string character ''' at position '2' is not expected."),
    ],
)
def test_what_does_not_parse_is_told_as_azure_tells_it(text: str, complaint: str) -> None:
    with pytest.raises(ExpressionError, match=re.escape(complaint)):
        parse(f"[{text}]")


def test_nesting_has_an_end() -> None:
    deep = "f(" * 5000 + ")" * 5000
    with pytest.raises(ExpressionError, match="nested too deeply"):
        parse(f"[{deep}]")


@given(some.text() | some.text(alphabet="ab'()[].,0 -"))
def test_whatever_is_written_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(ExpressionError):
        assert isinstance(parse(f"[{text}]"), Literal | Call | Index)


@given(some.text())
def test_every_string_can_be_written_as_a_literal(text: str) -> None:
    quoted = text.replace("'", "''")
    assert evaluate(f"[string('{quoted}')]", Scope(CONTEXT)) == text


@given(some.text())
def test_every_string_can_stand_in_a_template(text: str) -> None:
    escaped = f"[{text}" if text.startswith("[") else text
    assert evaluate(escaped, Scope(CONTEXT)) == text


NODES = some.recursive(
    some.builds(Literal, some.text() | some.integers(-9999, 9999)),
    lambda inner: (
        some.builds(Call, some.sampled_from(["f", "concat", "_g2"]), some.lists(inner, max_size=3).map(tuple))
        | some.builds(Index, inner, inner)
    ),
    max_leaves=12,
)


def written(node: Literal | Call | Index) -> str:
    if isinstance(node, Call):
        return f"{node.function}({', '.join(written(argument) for argument in node.arguments)})"
    if isinstance(node, Index):
        return f"{written(node.of)}[{written(node.key)}]"
    quoted = str(node.value).replace("'", "''")
    return f"'{quoted}'" if isinstance(node.value, str) else str(node.value)


@given(NODES)
def test_reading_undoes_writing(node: Literal | Call | Index) -> None:
    assert parse(f"[{written(node)}]") == node
