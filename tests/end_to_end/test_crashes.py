"""A container whose deployer is killed again and again: its fourth start gives up, in order."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from sandbox.client import CHECKOUT
from sandbox.visitor.portal import GROUPS_API, Portal
from tests.end_to_end.deployments import add_service_principal, group_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.client import RunningSandbox

HUB, ACCOUNT = "crashing", "crashingoutputs"
ACCOUNTS_API = "2025-08-01"


def start_container(environment: Mapping[str, str], *, kill_at: str | None = None) -> tuple[int, str]:
    """Run the container's program, killed once its log says `kill_at`; return exit status and output."""
    log = ""
    with subprocess.Popen(
        [sys.executable, "entrypoint.py"],
        cwd=CHECKOUT,
        env=dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        for line in process.stdout or ():
            log += line
            if kill_at and kill_at in line:
                process.kill()
    return process.returncode, log


def test_a_deployer_that_is_killed_three_times_is_not_started_a_fourth_time(sandbox: RunningSandbox) -> None:
    portal = Portal(sandbox)
    principal = add_service_principal(sandbox, "Contributor", "Storage Blob Data Contributor")
    group = f"/subscriptions/{sandbox.settings['AZURE_SUBSCRIPTION']}/resourceGroups/{HUB}"
    account = f"{group}/providers/Microsoft.Storage/storageAccounts/{ACCOUNT}"
    with group_of(sandbox, HUB):
        portal.arm("PUT", group, GROUPS_API, {"location": "westeurope"})
        body = {"location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}
        portal.arm("PUT", account, ACCOUNTS_API, body)
        environment = {
            **sandbox.environment(),
            **principal,
            "BINDERHUB_NAME": HUB,
            "RESOURCE_GROUP_NAME": HUB,
            "RESOURCE_GROUP_LOCATION": "westeurope",
            "STORAGE_ACCOUNT_NAME": ACCOUNT,
            "CONTAINER_GROUP_NAME": f"{HUB}-deployer-1",
            "EXIT_ZERO_WHEN_HANDLED": "true",
        }
        for number in (1, 2, 3):
            status, log = start_container(environment, kill_at=f"start {number} of at most 3")
            assert status == -9, log
        status, log = start_container(environment)
    assert status == 0, log
    assert "has crashed 3 times in the container group crashing-deployer-1" in log
    assert "Traceback" not in log
