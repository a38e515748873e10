"""The template functions, by example; results are Azure's own where its documentation gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from sandbox.azure.resource_manager.providers.deployments.errors import ExpressionError
from sandbox.azure.resource_manager.providers.deployments.functions.hashing import unique_string
from tests.template_click import GROUP, PERSON, SUBSCRIPTION, TENANT

if TYPE_CHECKING:
    from collections.abc import Callable

    Evaluated = Callable[..., Any]


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("concat('a', 1, true())", "a1True"),
        ("concat(createArray(1), createArray(2, 3))", [1, 2, 3]),
        ("format('{0}-{1}-{0} {{x}}', 'a', 7)", "a-7-a {x}"),
        ("toLower('AbC')", "abc"),
        ("toUpper('AbC')", "ABC"),
        ("trim('  a b ')", "a b"),
        ("replace('a-b-c', '-', '')", "abc"),
        ("split('a,b;c', createArray(',', ';'))", ["a", "b", "c"]),
        ("split('one', ',')", ["one"]),
        ("join(createArray('a', 2), '+')", "a+2"),
        ("substring('abcdef', 1, 3)", "bcd"),
        ("startsWith('ABcdef', 'ab')", True),
        ("endsWith('abcdef', 'EF')", True),
        ("padLeft('7', 3, '0')", "007"),
        ("string(createObject('a', createArray(1, 'b')))", '{"a":[1,"b"]}'),
        ("string(false())", "False"),
        ("base64('one, two')", "b25lLCB0d28="),
        ("base64ToString(base64('one, two'))", "one, two"),
        ("uriComponent('http://a/b c')", "http%3A%2F%2Fa%2Fb%20c"),
        ("uriComponentToString('a%20b')", "a b"),
        ("uri('http://contoso.org/firstpath', 'myscript.sh')", "http://contoso.org/myscript.sh"),
        ("uri('http://contoso.org/firstpath/', 'myscript.sh')", "http://contoso.org/firstpath/myscript.sh"),
        ("uri('http://contoso.org', '#x')", "http://contoso.org/#x"),
        ("empty('')", True),
        ("empty(createObject())", True),
        ("empty(null())", True),
        ("empty(createArray(1))", False),
        ("length('abc')", 3),
        ("length(createObject('a', 1))", 1),
        ("contains('OneTwo', 'Two')", True),
        ("contains('OneTwo', 'two')", False),
        ("contains(createObject('Key', 1), 'key')", True),
        ("contains(createArray('1'), 1)", False),
        ("take('abc', 5)", "abc"),
        ("take(createArray(1, 2, 3), 2)", [1, 2]),
        ("skip('abc', 1)", "bc"),
        ("skip(createArray(1, 2), -1)", [1, 2]),
        ("first('abc')", "a"),
        ("first(createArray())", None),
        ("last(createArray(1, 2))", 2),
        ("union(createArray(1, 2), createArray(2, 3))", [1, 2, 3]),
        (
            "union(createObject('a', createObject('x', 1)), createObject('a', createObject('y', 2)))",
            {"a": {"x": 1, "y": 2}},
        ),
        ("items(createObject('b', 2, 'a', 1))", [{"key": "a", "value": 1}, {"key": "b", "value": 2}]),
        ("int('-12')", -12),
        ("bool('True')", True),
        ("bool(0)", False),
        ("json('{\"a\": [1, null]}').a", [1, None]),
        ("equals('a', 'A')", False),
        ("equals(1, true())", False),
        ("equals(createArray(1), createArray(1))", True),
        ("and(true(), not(false()), true())", True),
        ("or(false(), true())", True),
        ("less(1, 2)", True),
        ("greaterOrEquals('b', 'a')", True),
        ("add(1, mul(2, sub(5, 2)))", 7),
        ("max(1, 3, 2)", 3),
        ("min(createArray(4, 2))", 2),
        ("coalesce(null(), '', 'x')", ""),
        ("filter(createArray(1, 5, 3), lambda('n', greater(lambdaVariables('n'), 2)))", [5, 3]),
        ("map(createArray('a', 'b'), lambda('s', toUpper(lambdaVariables('s'))))", ["A", "B"]),
        ("CONCAT('a', 'b')", "ab"),
    ],
)
def test_functions_of_values(evaluated: Evaluated, expression: str, result: Any) -> None:
    assert evaluated(expression) == result


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("subscription().subscriptionId", SUBSCRIPTION),
        ("resourceGroup().location", "westeurope"),
        ("tenant().tenantId", TENANT),
        ("deployer().objectId", PERSON),
        ("deployment().name", "click"),
        ("environment().suffixes.storage", "core.windows.net"),
        ("resourceId('A.B/c', 'd')", f"{GROUP}/providers/A.B/c/d"),
        ("resourceId('A.B/c/e', 'd', 'f')", f"{GROUP}/providers/A.B/c/d/e/f"),
        (
            "resourceId('other', 'A.B/c', 'd')",
            f"/subscriptions/{SUBSCRIPTION}/resourceGroups/other/providers/A.B/c/d",
        ),
        (
            f"resourceId('{TENANT}', 'g', 'A.B/c', 'd')",
            f"/subscriptions/{TENANT}/resourceGroups/g/providers/A.B/c/d",
        ),
        ("subscriptionResourceId('A.B/c', 'd')", f"/subscriptions/{SUBSCRIPTION}/providers/A.B/c/d"),
        ("extensionResourceId('/x', 'A.B/c', 'd')", "/x/providers/A.B/c/d"),
        ("tenantResourceId('A.B/c', 'd')", "/providers/A.B/c/d"),
    ],
)
def test_functions_of_the_surroundings(evaluated: Evaluated, expression: str, result: Any) -> None:
    assert evaluated(expression) == result


NOBODY = "00000000-0000-0000-0000-000000000000"


@pytest.mark.parametrize(
    ("values", "azures"),
    [
        (["test"], "rbgf3xv4ufgzg"),
        (["tyeth"], "zcztcwvu6iyg6"),
        (["hello", "world"], "a7wkljktk6wne"),
        (["foo", "bar", "baz"], "xzi4ioaxtmth4"),
        ([f"/subscriptions/{NOBODY}/resourceGroups/my-rg"], "bmg7c6xu4tw46"),
        ([f"/subscriptions/{NOBODY}", "resource-id"], "cwvxuqg24sifi"),
    ],
)
def test_unique_strings_are_azures_own(values: list[str], azures: str) -> None:
    # Published by people who deployed templates and printed the outputs.
    assert unique_string(*values) == azures


@given(some.text())
def test_a_unique_string_is_thirteen_letters_and_digits(text: str) -> None:
    assert len(unique_string(text)) == 13
    assert set(unique_string(text)) <= set("abcdefghijklmnopqrstuvwxyz234567")


def test_a_guid_depends_on_all_its_arguments(evaluated: Evaluated) -> None:
    assert evaluated("guid('a', 'b')") == evaluated("guid('a-b')")
    assert evaluated("guid('a', 'b')") != evaluated("guid('b', 'a')")


@pytest.mark.parametrize(
    ("expression", "complaint"),
    [
        (
            "nosuch('a')",
            "The template function 'nosuch' is not valid. Please see https://aka.ms/arm-functions",
        ),
        ("utcNow()", "The template function 'utcNow' is not expected at this location."),
        ("reference('x')", "The template function 'reference' is not expected at this location."),
        ("toLower(1)", "function 'toLower' expects its parameter to be a string. .* of type 'Integer'"),
        ("toLower('a', 'b')", r"function requires 1 argument\(s\) while 2 were provided"),
        ("parameters('x')", "The template parameter 'x' is not found"),
        ("variables('x')", "The template variable 'x' is not found"),
        (
            "resourceGroup().nosuch",
            "property 'nosuch' doesn't exist, available properties are 'id, name, location",
        ),
        ("createArray(1)[1]", "array index '1' is out of bounds"),
        ("if('true', 1, 2)", "all arguments should be of type 'boolean'"),
        ("substring('abc', 2, 2)", "must refer to a location within the string"),
        ("format('{1}', 'a')", "the format is invalid"),
        ("resourceId('A.B/c', 'd', 'e')", r"requires '1' resource name argument\(s\)"),
        ("resourceId('a', 'b')", "fully qualified resource type"),
        ("json('{')", "function 'json' parameter is not valid"),
        ("int('x')", "function 'int' was invoked with a parameter that is not valid"),
        ("createObject('a')", "even number"),
        ("filter('abc', lambda('x', true()))", "expects an array and a lambda"),
        ("lambdaVariables('x')", "lambda variable 'x' is not found"),
    ],
)
def test_wrong_expressions_are_told_as_azure_tells_them(
    evaluated: Evaluated, expression: str, complaint: str
) -> None:
    with pytest.raises(ExpressionError, match=complaint):
        evaluated(expression)


def test_only_the_chosen_branch_is_evaluated(evaluated: Evaluated) -> None:
    assert evaluated("if(true(), 'a', createArray()[5])") == "a"
    assert evaluated("or(true(), createArray()[5])") is True


def test_names_are_found_in_any_case(evaluated: Evaluated) -> None:
    assert evaluated("parameters('HUB').NAME", parameters={"hub": {"name": "x"}}) == "x"


def test_variables_are_expressions_too(evaluated: Evaluated) -> None:
    variables = {"a": "[variables('b')]", "b": ["[parameters('p')]"]}
    assert evaluated("variables('a')", variables=variables, parameters={"p": "x"}) == ["x"]


def test_a_variable_that_refers_to_itself_is_refused(evaluated: Evaluated) -> None:
    with pytest.raises(ExpressionError, match="refers to itself"):
        evaluated("variables('a')", variables={"a": "[variables('a')]"})
