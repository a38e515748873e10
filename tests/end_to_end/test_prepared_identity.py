"""An identity that IT keeps in a subscription of its own, and a person with rights on one group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.client import SandboxError
from sandbox.visitor.portal import Click, Portal
from tests.end_to_end.deployments import group_of
from tests.end_to_end.people import (
    IDENTITIES_API,
    OTHER_SUBSCRIPTION,
    Somebody,
    add_somebody,
    assign,
    await_access,
    group_id,
    it_department,
    make_group,
    make_identity,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.client import RunningSandbox

NAME, REGION = "prepared", "northeurope"
OPERATOR = "Managed Identity Operator"


@pytest.fixture(scope="module")
def person(sandbox: RunningSandbox) -> Iterator[Somebody]:
    """Add a Contributor of one group."""
    with group_of(sandbox, NAME):
        make_group(sandbox, NAME, REGION)
        yield add_somebody(sandbox, Contributor=group_id(sandbox, NAME))


def click_with(identity: dict[str, Any]) -> Click:
    parameters = {"binderHubName": NAME, "identityResourceId": identity["id"]}
    return Click(parameters, resource_group=NAME, location=REGION)


def places(sandbox: RunningSandbox) -> dict[str, tuple[Portal, str]]:
    """Return where IT can keep an identity, with the portal of who looks after it there."""
    return {
        "another group": (Portal(sandbox), group_id(sandbox, "identities")),
        "another subscription": (it_department(sandbox), f"{OTHER_SUBSCRIPTION}/resourceGroups/identities"),
    }


@pytest.mark.parametrize("place", ["another group", "another subscription"])
def test_an_identity_elsewhere_needs_a_role_on_it(
    sandbox: RunningSandbox, person: Somebody, place: str
) -> None:
    it, group = places(sandbox)[place]
    identity = make_identity(it, group)
    assign(it, person.object_id, "Reader", identity["id"])
    portal = Portal(sandbox, person.settings)
    await_access(portal, identity["id"], IDENTITIES_API)
    with pytest.raises(SandboxError) as refused:
        portal.deploy(click_with(identity))
    text = str(refused.value)
    assert "LinkedAuthorizationFailed" in text
    assert f"on the linked scope(s) '{identity['id']}'" in text


def test_the_role_managed_identity_operator_is_enough(sandbox: RunningSandbox, person: Somebody) -> None:
    it, group = places(sandbox)["another subscription"]
    identity = make_identity(it, group)
    assign(it, person.object_id, OPERATOR, identity["id"])
    for role in ("Contributor", "Storage Blob Data Contributor"):
        assign(Portal(sandbox), identity["properties"]["principalId"], role, group_id(sandbox, NAME))
    portal = Portal(sandbox, person.settings)
    await_access(portal, identity["id"], IDENTITIES_API)
    clicked = portal.deploy(click_with(identity))
    events = list(portal.follow(clicked))
    assert clicked.succeeded, events[-3:]
    assert portal.visit(f"http://{NAME}.{REGION}.cloudapp.azure.com/versions").startswith("200")
