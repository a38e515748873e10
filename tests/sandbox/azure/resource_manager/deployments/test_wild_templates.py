"""Whatever a template says somewhere, it is deployed or refused; Resource Manager never trips over it."""

from __future__ import annotations

import contextlib
import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as some

from sandbox.azure.resource_manager.core.errors import ArmError
from sandbox.azure.resource_manager.providers.deployments.engine import TemplateRun
from tests.template_click import CONTEXT, template_of

TEMPLATE = template_of(
    {
        "type": "A.B/things",
        "apiVersion": "2025-01-01",
        "name": "[variables('name')]",
        "condition": "[not(empty(parameters('size')))]",
        "scope": "[resourceGroup().id]",
        "properties": {"list": ["[length(variables('name'))]", {"deep": "[if(true(), 1, 2)]"}]},
    },
    {"type": "A.B/things", "apiVersion": "2025-01-01", "name": "b", "dependsOn": ["[variables('name')]"]},
    parameters={"size": {"type": "string", "defaultValue": "a", "allowedValues": ["a", "b"], "minLength": 1}},
    variables={"name": "[concat('thing-', parameters('size'))]"},
    outputs={"name": {"type": "string", "value": "[variables('name')]"}},
)
SCALARS = (
    some.none()
    | some.booleans()
    | some.integers()
    | some.text(max_size=5)
    | some.sampled_from(["[variables('name')]", "[createArray()]", "[null()]", "[reference('b')]", "[f("])
)
WILD = some.recursive(
    SCALARS,
    lambda inner: some.lists(inner, max_size=2) | some.dictionaries(some.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of everything in a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in inner for place in places(item, (*path, key)))]


# The sections themselves are judged with the request, before the engine sees them.
PLACES = [place for place in places(TEMPLATE) if len(place) > 1]


@given(some.sampled_from(PLACES), WILD)
@settings(max_examples=200)
def test_a_wild_value_anywhere_is_taken_or_refused(place: tuple[Any, ...], value: Any) -> None:
    template = copy.deepcopy(TEMPLATE)
    holder: Any = template
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = value
    with contextlib.suppress(ArmError):
        assert TemplateRun(template, {}, CONTEXT).shown_parameters().keys() == {"size"}
