"""The template names and tags resources before the deployer runs: both must read a hub's name alike."""

from __future__ import annotations

import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from deployer.settings.types.azure import hub_name
from sandbox.azure.resource_manager.providers.deployments.errors import ExpressionError
from sandbox.azure.resource_manager.providers.deployments.evaluation import Scope, evaluate
from tests.template_click import CONTEXT, our_template

VARIABLES = our_template()["variables"]
BOUNDS = our_template()["parameters"]["binderHubName"]
DEFAULTS = {
    name: declared["defaultValue"]
    for name, declared in our_template()["parameters"].items()
    if "defaultValue" in declared
}
LIKELY = string.ascii_letters + string.digits + "-_. "
WORDS = [
    "azure",
    "login",
    "microsoft",
    "windows",
    "null",
    "default",
    "kube-",
    "cert-manager",
    "hub",
    "office",
]


def by_template(name: str) -> tuple[str | None, str]:
    """Return the name that the template uses, or None and why it refuses."""
    if not BOUNDS["minLength"] <= len(name) <= BOUNDS["maxLength"]:
        return None, "length"
    try:
        parameters = {**DEFAULTS, "binderHubName": name}
        hub: str = evaluate("[variables('hub')]", Scope(CONTEXT, parameters=parameters, variables=VARIABLES))
    except ExpressionError as refusal:
        return None, str(refusal)
    return hub, ""


def by_deployer(name: str) -> tuple[str | None, str]:
    """Return the name that the deployer uses, or None and why it refuses."""
    try:
        return hub_name(name), ""
    except PydanticCustomError as refusal:
        return None, refusal.message()


@given(
    st.one_of(
        st.text(max_size=70),
        st.text(LIKELY, max_size=70),
        st.lists(st.sampled_from([*WORDS, *"-_. ", "a", "Z", "7"]), max_size=14).map("".join),
    )
)
@example("My Hub.")
@example("my-hub-")
@example("  padded  ")
@example("a-----b")
@example("\u212aelvin-hub")  # the sign of the unit kelvin, whose lower case is the letter k
@example("\u0130stanbul")
@example("\thub")
@example("hub\n")
@example("hub\x1c")
@example("a" * 59)
@example("a" * 60)
@example("a b" * 20)
def test_template_and_deployer_read_a_name_alike(name: str) -> None:
    assert by_template(name)[0] == by_deployer(name)[0]


@pytest.mark.parametrize(
    "name", ["2024-hub", "zürich", "my/hub", "---", "microsoft-hub", "azure", "kube-hub"]
)
def test_template_and_deployer_refuse_a_name_in_the_same_words(name: str) -> None:
    assert by_template(name) == (None, f"binderHubName = '{name}' {by_deployer(name)[1]}")
