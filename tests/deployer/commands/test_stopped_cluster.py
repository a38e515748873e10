"""A run whose cluster was stopped meanwhile says that, and not what failed because of it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.mgmt.containerservice.models import ManagedCluster

from deployer.commands.stopped_cluster import explain_stop
from deployer.errors import HelmError


def context_of(answer: ManagedCluster | Exception, *, reached: bool = True) -> Any:
    async def get(_group: str, _name: str) -> ManagedCluster:
        if isinstance(answer, Exception):
            raise answer
        return answer

    clusters = SimpleNamespace(managed_clusters=SimpleNamespace(get=get))
    return SimpleNamespace(
        azure=SimpleNamespace(clusters=clusters),
        settings=SimpleNamespace(resource_group_name="demo"),
        names=SimpleNamespace(hub="demo", cluster="demo"),
        results=SimpleNamespace(cluster=SimpleNamespace(is_set=reached)),
    )


def cluster(power: str, state: str = "Succeeded") -> ManagedCluster:
    return ManagedCluster({"properties": {"powerState": {"code": power}, "provisioningState": state}})


@pytest.mark.parametrize("found", [cluster("Stopped"), cluster("Running", "Stopping")])
async def test_a_cluster_that_was_stopped_is_the_cause(found: ManagedCluster) -> None:
    error = HelmError("No connection.", cause="a timeout")
    await explain_stop(context_of(found), error)
    assert "was stopped while this run went on" in str(error.cause)
    assert "binderhub-deployer start" in str(error.suggestion)


@pytest.mark.parametrize(
    "context",
    [
        context_of(cluster("Running")),
        context_of(cluster("Stopped"), reached=False),
        context_of(HttpResponseError("no answer")),
    ],
)
async def test_any_other_error_keeps_its_cause(context: Any) -> None:
    error = HelmError("No connection.", cause="a timeout")
    await explain_stop(context, error)
    assert error.cause == "a timeout"
