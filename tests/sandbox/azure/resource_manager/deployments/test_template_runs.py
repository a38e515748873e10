"""Order, conditions, references, failures and outputs of a template's run."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from sandbox.azure.resource_manager.core.errors import ArmError, bad_request
from sandbox.azure.resource_manager.providers.deployments.engine import TemplateRun
from tests.template_click import CONTEXT, GROUP, RecordingRoad, deploy, template_of


def thing(name: str, *after: str, **rest: Any) -> dict[str, Any]:
    return {"type": "A.B/things", "apiVersion": "2025-01-01", "name": name, "dependsOn": list(after), **rest}


def names(road: RecordingRoad) -> list[str]:
    return [put.id.rpartition("/")[2] for put in road.puts]


def refusal(*resources: Any, **sections: Any) -> str:
    with pytest.raises(ArmError) as refused:
        TemplateRun(template_of(*resources, **sections), {}, CONTEXT)
    assert refused.value.code == "InvalidTemplate"
    return refused.value.message


async def test_dependencies_come_first() -> None:
    made = await deploy(
        template_of(thing("c", "b"), thing("b", "[resourceId('A.B/things', 'a')]"), thing("a")), {}
    )
    assert names(made.road) == ["a", "b", "c"]


async def test_what_is_independent_is_made_side_by_side() -> None:
    class MeetingRoad(RecordingRoad):
        async def put(self, resource_id: str, api_version: str, body: dict[str, Any]) -> None:
            await asyncio.wait_for(meeting.wait(), 5)  # both must be under way at once
            await super().put(resource_id, api_version, body)

    meeting = asyncio.Barrier(2)
    made = await deploy(template_of(thing("a"), thing("b")), {}, MeetingRoad())
    assert sorted(names(made.road)) == ["a", "b"]


async def test_a_resource_is_put_with_what_is_its_own() -> None:
    resource = thing("a", location="x", tags={"k": "[concat('v', 1)]"}, comments="no", condition=True)
    made = await deploy(template_of(resource), {})
    assert made.road.puts[0].body == {"location": "x", "tags": {"k": "v1"}}


async def test_a_condition_leaves_a_resource_out_and_frees_its_dependents() -> None:
    made = await deploy(template_of(thing("a", condition="[false()]"), thing("b", "a")), {})
    assert names(made.road) == ["b"]


async def test_a_reference_by_name_is_a_dependency() -> None:
    asking = thing("b", properties={"size": "[reference('a').size]"})
    made = await deploy(template_of(asking, thing("a", properties={"size": 3})), {})
    assert names(made.road) == ["a", "b"]
    assert made.road.puts[1].body["properties"] == {"size": 3}


async def test_a_reference_by_id_is_none() -> None:
    by_id = "[reference(resourceId('A.B/things', 'a'), '2025-01-01').size]"
    asking = thing("b", properties={"size": by_id})
    with pytest.raises(ArmError) as failure:
        await deploy(template_of(asking, thing("a", properties={"size": 3})), {})
    assert [detail["code"] for detail in failure.value.details] == ["ResourceNotFound"]


async def test_a_full_reference_holds_more_than_properties() -> None:
    asking = thing("b", properties={"where": "[reference('a', '2025-01-01', 'Full').location]"})
    made = await deploy(template_of(asking, thing("a", location="x")), {})
    assert made.road.puts[1].body["properties"] == {"where": "x"}


async def test_an_extension_lies_on_its_scope() -> None:
    extension = thing("x", "a", scope="[resourceId('A.B/things', 'a')]")
    made = await deploy(template_of(thing("a"), extension), {})
    assert made.road.puts[1].id == f"{GROUP}/providers/A.B/things/a/providers/A.B/things/x"


async def test_children_inside_their_parent_are_made_after_it() -> None:
    child = {"type": "parts", "apiVersion": "2025-01-01", "name": "x"}
    made = await deploy(template_of(thing("[concat('a', 'b')]", resources=[child])), {})
    assert [put.id for put in made.road.puts] == [
        f"{GROUP}/providers/A.B/things/ab",
        f"{GROUP}/providers/A.B/things/ab/parts/x",
    ]


async def test_resources_may_have_symbols() -> None:
    template = template_of()
    template["resources"] = {"one": thing("b", "two"), "two": thing("a", "three"), "three": thing("c")}
    assert names((await deploy(template, {})).road) == ["c", "a", "b"]


async def test_outputs_are_evaluated_at_the_end() -> None:
    outputs = {
        "size": {"type": "int", "value": "[reference('a').size]"},
        "key": {"type": "securestring", "value": "canary"},
        "left": {"type": "string", "value": "x", "condition": False},
    }
    made = await deploy(template_of(thing("a", properties={"size": 3}), outputs=outputs), {})
    assert made.outputs == {"size": {"type": "Int", "value": 3}, "key": {"type": "SecureString"}}


async def test_secure_parameters_are_shown_without_their_value() -> None:
    declared = {"key": {"type": "securestring"}, "size": {"type": "int"}}
    made = await deploy(template_of(parameters=declared), {"key": "canary", "size": 1})
    assert made.shown_parameters == {"key": {"type": "SecureString"}, "size": {"type": "Int", "value": 1}}


class FailingRoad(RecordingRoad):
    """Refuses the resource called `a`."""

    async def put(self, resource_id: str, api_version: str, body: dict[str, Any]) -> None:
        if resource_id.endswith("/a"):
            raise bad_request("SkuNotAvailable", "The requested size isn't available.")
        await super().put(resource_id, api_version, body)


async def test_after_a_failure_what_does_not_depend_on_it_is_made() -> None:
    road = FailingRoad()
    with pytest.raises(ArmError) as failure:
        await deploy(template_of(thing("a"), thing("b", "a"), thing("c")), {}, road)
    assert names(road) == ["c"]
    assert failure.value.code == "DeploymentFailed"
    assert failure.value.details == [
        {
            "code": "SkuNotAvailable",
            "message": "The requested size isn't available.",
            "target": f"{GROUP}/providers/A.B/things/a",
        }
    ]


async def test_operations_tell_what_failed_and_what_was_left() -> None:
    run = TemplateRun(template_of(thing("a"), thing("b", "a"), thing("c")), {}, CONTEXT)
    with pytest.raises(ArmError):
        await run.run(FailingRoad())
    states = {one.resource.name: one.state for one in run.operations.values()}
    assert states == {"a": "Failed", "b": "Skipped", "c": "Succeeded"}


def test_a_dependency_that_is_not_there_is_refused() -> None:
    message = refusal(thing("a", "nosuch"))
    assert "The resource 'nosuch' is not defined in the template." in message


def test_a_circle_is_refused() -> None:
    assert "Circular dependency detected on resource" in refusal(thing("a", "b"), thing("b", "a"))


def test_a_repetition_is_refused() -> None:
    assert "is defined multiple times in a template" in refusal(thing("a"), thing("A"))


def test_a_name_with_too_few_segments_is_refused() -> None:
    assert "has incorrect segment lengths" in refusal({**thing("a"), "type": "A.B/things/parts"})


def test_an_unknown_function_is_refused_before_anything_is_made() -> None:
    message = refusal(thing("a", properties={"x": "[nosuch()]"}))
    assert message == (
        "Deployment template validation failed: 'The template resource 'a' is not valid: The template "
        "function 'nosuch' is not valid. Please see https://aka.ms/arm-functions for usage details.'."
    )


def test_a_wrong_output_is_refused_before_anything_is_made() -> None:
    outputs = {"x": {"type": "string", "value": "[variables('nosuch')]"}}
    assert "The template output 'x' is not valid" in refusal(thing("a"), outputs=outputs)


def test_a_name_may_not_hang_on_what_is_yet_to_be_made() -> None:
    assert "'reference' is not expected at this location" in refusal(thing("[reference('b').x]"), thing("b"))


@pytest.mark.parametrize("word", ["copy", "existing"])
def test_what_the_sandbox_lacks_it_refuses(word: str) -> None:
    assert "which the sandbox lacks" in refusal(thing("a", **{word: {"count": 2}}))


@pytest.mark.parametrize("missing", ["type", "apiVersion"])
def test_a_resource_must_say_what_it_is(missing: str) -> None:
    resource = {key: value for key, value in thing("a").items() if key != missing}
    assert f"is missing its '{missing}'" in refusal(resource)
