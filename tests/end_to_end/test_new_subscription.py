"""A subscription that has registered nothing yet, and people whose rights end at one group."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest

from deployer.steps.providers import needed_providers
from sandbox.client import CHECKOUT, SandboxError, start_in_background
from sandbox.visitor.portal import Click, Portal
from tests.conftest import TIME_SCALE
from tests.deployer.settings_of import settings_of
from tests.end_to_end.deployments import deploy, writes
from tests.end_to_end.people import add_somebody, group_id, located_in, make_group, refusal, subscription

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.client import RunningSandbox

NAME = "fresh"
PROVIDERS_API = "2022-09-01"
NEEDED = needed_providers(settings_of())
OF_THE_TEMPLATE = {"Microsoft.Storage", "Microsoft.ManagedIdentity", "Microsoft.ContainerInstance"}


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """Run a sandbox whose subscription has registered nothing but what Azure always registers."""
    folder = tmp_path_factory.mktemp("fresh")
    running = start_in_background(folder, f"--time-scale={TIME_SCALE}", "--new-subscription")
    make_group(running, NAME)
    yield running
    running.stop()


def states(sandbox: RunningSandbox) -> dict[str, str]:
    listed = Portal(sandbox).arm("GET", f"{subscription(sandbox)}/providers", PROVIDERS_API)["value"]
    return {each["namespace"]: each["registrationState"] for each in listed}


def test_it_has_registered_none_of_what_a_hub_needs(fresh: RunningSandbox) -> None:
    registered = {name for name, state in states(fresh).items() if state == "Registered"}
    assert registered == {"Microsoft.Resources", "Microsoft.Authorization"}


def test_who_may_not_look_learns_all_that_a_hub_needs_from_the_first_refusal(
    fresh: RunningSandbox, tmp_path: Path
) -> None:
    contributor = add_somebody(fresh, Contributor=group_id(fresh, NAME))
    before = len(fresh.requests())
    ran = deploy(fresh, tmp_path, NAME, **contributor.settings)
    assert ran.status == 1
    told = " ".join(ran.stderr.split())
    assert [provider for provider in NEEDED if provider not in told] == []
    assert "nothing to register" not in ran.stdout + ran.stderr
    assert located_in(fresh, NAME) == []
    # The SDK would ask to register what is missing, and wait for it without a bound.
    assert not any("/register" in each for each in writes(fresh.requests()[before:]))


def test_who_may_look_but_not_register_is_told_all_commands_at_once(
    fresh: RunningSandbox, tmp_path: Path
) -> None:
    reader = add_somebody(fresh, Contributor=group_id(fresh, NAME), Reader=subscription(fresh))
    ran = deploy(fresh, tmp_path, NAME, **reader.settings)
    assert ran.status == 2
    commands = re.findall(r"az provider register --subscription \S+ --namespace (\S+)", ran.stderr)
    assert tuple(dict.fromkeys(commands)) == NEEDED
    assert located_in(fresh, NAME) == []


def test_a_click_is_refused_before_it_makes_anything(fresh: RunningSandbox) -> None:
    group = group_id(fresh, NAME)
    admin = "Role_Based_Access_Control_Administrator"
    person = add_somebody(fresh, **{"Contributor": group, admin: group})
    with pytest.raises(SandboxError) as refused:
        Portal(fresh, person.settings).deploy(Click({"binderHubName": NAME}, resource_group=NAME))
    error = refusal(refused.value)
    assert error["code"] == "MissingSubscriptionRegistration"
    assert {detail["target"] for detail in error["details"]} == OF_THE_TEMPLATE
    assert located_in(fresh, NAME) == []


def test_after_the_readmes_commands_the_click_works_and_a_second_run_changes_nothing(
    fresh: RunningSandbox, tmp_path: Path
) -> None:
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    commands = re.findall(r"^az provider register --namespace (\S+)$", readme, re.MULTILINE)
    assert {*NEEDED, *OF_THE_TEMPLATE} <= set(commands)
    for namespace in commands:
        Portal(fresh).arm("POST", f"{subscription(fresh)}/providers/{namespace}/register", PROVIDERS_API)
    while any(states(fresh)[namespace] != "Registered" for namespace in commands):
        time.sleep(0.1)

    group = group_id(fresh, NAME)
    admin = "Role_Based_Access_Control_Administrator"
    person = add_somebody(fresh, **{"Contributor": group, admin: group})
    portal = Portal(fresh, person.settings)
    clicked = portal.deploy(Click({"binderHubName": NAME}, resource_group=NAME))
    events = list(portal.follow(clicked))
    assert clicked.succeeded, events[-3:]
    (done,) = [each for each in events if each.get("step") == "providers" and each["kind"] == "step_done"]
    assert "no rights to see" in done["message"]

    before = len(fresh.requests())
    again = deploy(fresh, tmp_path, NAME, **person.settings)
    assert again.status == 0, again.stderr
    # It asks for the lock of the outputs, which are not this person's to write.
    written = [each for each in writes(fresh.requests()[before:]) if "/outputs/lock.json" not in each]
    assert written == []


def test_an_owner_registers_what_is_missing_by_deploying(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    folder = tmp_path_factory.mktemp("owned")
    running = start_in_background(folder, f"--time-scale={TIME_SCALE}", "--new-subscription")
    # Ends after the providers, and before a cluster: it is about these.
    refused = {
        "CONTAINER_REGISTRY": "dockerhub",
        "DOCKERHUB_USERNAME": "sandboxer",
        "DOCKERHUB_PASSWORD": "not the password",
    }
    try:
        deploy(running, tmp_path, NAME, **refused)
        needed = needed_providers(settings_of(**{key.lower(): value for key, value in refused.items()}))
        assert {states(running)[namespace] for namespace in needed} == {"Registered"}
    finally:
        running.stop()
