"""Failures of Azure that pass by themselves are waited out, and the reader sees for what."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from tests.end_to_end.deployments import deploy, group_of
from tests.end_to_end.logs import messages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.client import RunningSandbox
    from tests.end_to_end.deployments import Ran

HUB = "patient"
WHERE = {"RESOURCE_GROUP_LOCATION": "northeurope"}
ARM = r"management\.azure\.com"
# The SDK itself repeats a request three times after such a status or a lost connection.
BEYOND_THE_SDK = 4
AT_ONCE = {"Retry-After": "1"}


def refusal(status: int, code: str, message: str) -> dict[str, Any]:
    """Return a fault that answers as Resource Manager does."""
    body = json.dumps({"error": {"code": code, "message": message}})
    return {"kind": "status", "status": status, "body": body}


FAILURES: dict[str, dict[str, Any]] = {
    "the rights have not reached all of Azure yet": {
        **refusal(403, "AuthorizationFailed", "The client does not have authorization to perform action."),
        "path": f"/scopeMaps/{HUB}",
    },
    "Azure limits the rate of requests": {
        **refusal(429, "TooManyRequests", "The request is being throttled."),
        "headers": AT_ONCE,
        "times": BEYOND_THE_SDK,
        "method": "PUT",
        "path": "/registries/[^/]*[?]",
    },
    "another operation is in progress": {
        **refusal(
            409,
            "OperationNotAllowed",
            "Operation is not allowed because there's an in progress create managed cluster operation",
        ),
        "method": "PUT",
        "path": f"/managedClusters/{HUB}[?]",
    },
    "Azure reports an internal error": {
        **refusal(500, "InternalServerError", "The server encountered an internal error."),
        "headers": AT_ONCE,
        "times": BEYOND_THE_SDK,
        "method": "GET",
        "path": f"/managedClusters/{HUB}[?]",
    },
    "Azure cannot be reached": {
        "kind": "reset-before",
        # Below the SDK aiohttp repeats each request once whose connection was lost.
        "times": 2 * BEYOND_THE_SDK,
        "path": f"/resourcegroups/{HUB}[?]",
    },
}


@pytest.fixture(scope="module")
def deployed(
    sandbox: RunningSandbox, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Ran, dict[str, int]]]:
    """Deploy while each of the failures happens; return how often each did."""
    with group_of(sandbox, HUB):
        with ExitStack() as stack:
            faults = {
                reason: stack.enter_context(sandbox.fault(host=ARM, **fault))
                for reason, fault in FAILURES.items()
            }
            ran = deploy(sandbox, tmp_path_factory.mktemp(HUB), HUB, **WHERE)
            fired = {reason: len(fault.fired) for reason, fault in faults.items()}
        yield ran, fired


@pytest.mark.parametrize("reason", FAILURES)
def test_a_failure_that_passes_is_waited_out_and_shown(
    deployed: tuple[Ran, dict[str, int]], reason: str
) -> None:
    ran, fired = deployed
    assert ran.status == 0, ran.stderr
    assert fired[reason] == FAILURES[reason].get("times", 1)
    assert f"{reason}; trying again" in messages(ran)


def test_a_hub_that_is_not_well_yet_is_waited_for(
    sandbox: RunningSandbox, deployed: tuple[Ran, dict[str, int]], tmp_path: Path
) -> None:
    assert deployed[0].status == 0
    checks = [{"service": "JupyterHub API", "ok": True}, {"service": "Docker registry", "ok": False}]
    unwell = json.dumps({"ok": False, "checks": checks})
    binder = rf"{HUB}\..*"
    with ExitStack() as stack:
        faults = [
            stack.enter_context(sandbox.fault(kind, binder, path="/versions"))
            for kind in ("html", "garbled", "truncated", "reset-before")
        ]
        failing = sandbox.fault("status", binder, path="/health", status=503, body=unwell)
        faults.append(stack.enter_context(failing))
        ran = deploy(sandbox, tmp_path, HUB, **WHERE)
        assert [len(fault.fired) for fault in faults] == [1] * len(faults)
    assert ran.status == 0, ran.stderr
    assert "/versions: not the expected service" in messages(ran)
    assert "/versions: no answer (" in messages(ran)
    assert "waiting for the health checks of BinderHub: Docker registry" in messages(ran)
