"""Each right that the README asks for, taken away: the run ends with the sentence that names it.

That these rights are enough is shown where hubs are deployed with them: `test_least_rights.py` and
`test_prepared_identity.py`.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from sandbox.client import SandboxError
from sandbox.visitor.portal import Click, Portal
from tests.end_to_end.deployments import Ran, deploy_command, group_of, hub_settings, run
from tests.end_to_end.people import add_somebody, group_id, located_in, make_group, refusal
from tests.end_to_end.teardowns import make

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.client import RunningSandbox
    from tests.end_to_end.people import Somebody

NAME, ACCOUNT, REGION = "rightless", "rightlessoutputs", "northeurope"


@pytest.fixture(scope="module", autouse=True)
def group(sandbox: RunningSandbox) -> Iterator[str]:
    """Make the group of a hub, with a storage account for its outputs."""
    with group_of(sandbox, NAME):
        made = make_group(sandbox, NAME, REGION)
        body = {"location": REGION, "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}
        make(sandbox, NAME, "Microsoft.Storage/storageAccounts", ACCOUNT, body)
        yield made


def deploy_as(sandbox: RunningSandbox, folder: Path, somebody: Somebody, **settings: str) -> Ran:
    """Deploy as somebody, without waiting until rights may have come."""
    _, *arguments = deploy_command(folder)
    command = (sys.executable, "-m", "tests.end_to_end.impatient", *arguments)
    return run(sandbox, *command, **{**hub_settings(NAME), **somebody.settings, **settings})


@pytest.mark.parametrize("left", [{}, {"Reader": NAME}], ids=["no role", "Reader"])
def test_without_contributor_on_the_group_nothing_is_made(
    sandbox: RunningSandbox, tmp_path: Path, left: dict[str, str]
) -> None:
    roles = {role: group_id(sandbox, name) for role, name in left.items()}
    ran = deploy_as(sandbox, tmp_path, add_somebody(sandbox, **roles))
    assert ran.status == 1, ran.stderr
    assert f"the role Contributor on the resource group {NAME}" in ran.stderr
    assert located_in(sandbox, NAME) == [ACCOUNT]


def test_without_a_role_on_blobs_nothing_is_made(sandbox: RunningSandbox, group: str, tmp_path: Path) -> None:
    somebody = add_somebody(sandbox, Contributor=group)
    ran = deploy_as(sandbox, tmp_path, somebody, STORAGE_ACCOUNT_NAME=ACCOUNT)
    assert ran.status == 1, ran.stderr
    assert "the role Storage Blob Data Contributor on the storage account" in ran.stderr
    assert located_in(sandbox, NAME) == [ACCOUNT]


def test_a_click_without_the_right_to_assign_roles_is_refused_by_what_it_lacks(
    sandbox: RunningSandbox, group: str
) -> None:
    person = add_somebody(sandbox, Contributor=group)
    with pytest.raises(SandboxError) as refused:
        Portal(sandbox, person.settings).deploy(
            Click({"binderHubName": NAME}, resource_group=NAME, location=REGION)
        )
    assert "Microsoft.Authorization/roleAssignments/write" in str(refusal(refused.value))
