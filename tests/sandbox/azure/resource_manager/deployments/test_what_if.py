"""What-if: what would change, and how a template is refused that could not be deployed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.template_click import our_template, template_of

if TYPE_CHECKING:
    from tests.sandbox.azure.resource_manager.conftest import World

VERSION = "2026-06-01"
GROUP = "/subscriptions/5ab0ca5e-0000-4000-8000-000000000001/resourceGroups/hub"
WHAT_IF = f"{GROUP}/providers/Microsoft.Resources/deployments/click/whatIf"
IDENTITIES = "Microsoft.ManagedIdentity/userAssignedIdentities"
IDENTITY = {"type": IDENTITIES, "apiVersion": "2024-11-30", "name": "deployer", "location": "West Europe"}


async def predict(
    world: World, template: dict[str, Any], settings: dict[str, str] | None = None, **given: Any
) -> dict[str, Any]:
    """Return the last response to polls."""
    values = {name: {"value": value} for name, value in given.items()}
    properties = {"mode": "Incremental", "template": template, "parameters": values}
    body = {"properties": {**properties, "whatIfSettings": settings or {}}}
    begun = await world.post(WHAT_IF, VERSION, body)
    assert begun.status_code == 202
    answers = [answer async for answer in world.polls(begun.headers["Location"])]
    result: dict[str, Any] = answers[-1].json()
    return result


def changes(result: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the changes by name of the resource."""
    assert result["status"] == "Succeeded", result
    return {one["resourceId"].rpartition("/")[2]: one for one in result["properties"]["changes"]}


async def make_identity(world: World, name: str, **tags: str) -> None:
    path = f"{GROUP}/providers/{IDENTITIES}/{name}"
    await world.make(path, {"location": "westeurope", "tags": tags}, "2024-11-30")


async def test_a_new_resource_is_shown_as_it_would_be(world: World) -> None:
    change = changes(await predict(world, template_of({**IDENTITY, "tags": {"course": "physics"}})))[
        "deployer"
    ]
    assert (change["changeType"], change["after"]["tags"]) == ("Create", {"course": "physics"})
    assert change["after"]["apiVersion"] == "2024-11-30"
    assert "before" not in change


async def test_a_changed_resource_is_shown_with_what_differs(world: World) -> None:
    await make_identity(world, "deployer", kept="1", gone="2", course="maths")
    written = {**IDENTITY, "tags": {"kept": "1", "course": "physics", "new": "3"}}
    change = changes(await predict(world, template_of(written)))["deployer"]
    assert change["changeType"] == "Modify"
    assert (change["before"]["tags"]["course"], change["after"]["tags"]["course"]) == ("maths", "physics")
    assert sorted(change["delta"], key=lambda one: str(one["path"])) == [
        {"path": "tags.course", "propertyChangeType": "Modify", "before": "maths", "after": "physics"},
        {"path": "tags.gone", "propertyChangeType": "Delete", "before": "2"},
        {"path": "tags.new", "propertyChangeType": "Create", "after": "3"},
    ]


async def test_what_stays_and_what_is_not_in_the_template_is_told_apart(world: World) -> None:
    await make_identity(world, "deployer")
    await make_identity(world, "bystander")
    found = changes(await predict(world, template_of(IDENTITY)))
    kinds = {name: change["changeType"] for name, change in found.items()}
    assert kinds == {"deployer": "NoChange", "bystander": "Ignore"}
    assert found["deployer"]["delta"] == []


async def test_ids_alone_can_be_asked_for(world: World) -> None:
    await make_identity(world, "deployer")
    template = template_of(IDENTITY, {**IDENTITY, "name": "other"})
    found = changes(await predict(world, template, {"resultFormat": "ResourceIdOnly"}))
    assert {name: sorted(change) for name, change in found.items()} == {
        "deployer": ["changeType", "resourceId"],
        "other": ["changeType", "resourceId"],
    }
    assert {change["changeType"] for change in found.values()} == {"Deploy", "Create"}


async def test_a_template_is_refused_by_the_poll(world: World) -> None:
    result = await predict(world, template_of({**IDENTITY, "location": "atlantis"}))
    assert result["status"] == "Failed"
    assert result["error"]["code"] == "InvalidTemplateDeployment"


async def test_our_template_is_predicted_without_its_secrets(world: World) -> None:
    result = await predict(world, our_template(), binderHubName="my-hub", helmValues="canary: 1")
    kinds = {change["changeType"] for change in changes(result).values()}
    assert kinds == {"Create"}
    assert "canary" not in str(result)
    codes = {one["code"] for one in result["properties"]["diagnostics"]}
    assert codes == {"NestedDeploymentShortCircuited"}
    assert world.blob_stores.calls == []
