"""Namespaces beside the hub's: made by us with our label, and removed only where they carry it."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, Any

from deployer.errors import KubernetesError
from deployer.names import OWN_LABEL
from deployer.objects import ObjectName, ensure_object, find_object, remove_object

if TYPE_CHECKING:
    from kr8s.asyncio import Api

    from deployer.workflow import StepReport

# What is in a namespace goes with it: a minute or two where the cloud has to take addresses away; seconds.
REMOVAL_PATIENCE = 300.0
LOOK_EVERY = 1.0


async def ensure_own_namespace(api: Api, name: str, report: StepReport) -> None:
    """Make sure of a namespace of ours; one that is on its way out is waited for and made anew."""
    found = await find_object(api, _name(name))
    if found is not None and _is_going(found):
        await _await_removal(api, name, report)
    await ensure_object(api, _manifest(name))


async def find_own_namespace(api: Api, name: str) -> bool:
    """Return whether there is such a namespace, and it is ours."""
    found = await find_object(api, _name(name))
    labels = (found or {}).get("metadata", {}).get("labels") or {}
    return OWN_LABEL.items() <= labels.items()


async def remove_own_namespace(api: Api, name: str, report: StepReport) -> None:
    """Remove a namespace with all that is in it, and wait until it is gone."""
    await remove_object(api, _name(name))
    await _await_removal(api, name, report)


async def _await_removal(api: Api, name: str, report: StepReport) -> None:
    started = monotonic()
    while await find_object(api, _name(name)) is not None:
        if monotonic() - started > REMOVAL_PATIENCE:
            raise KubernetesError(
                f"The namespace {name} does not go away.",
                suggestion=f"Look at what holds it: kubectl get namespace {name} -o yaml",
                retryable=True,
            )
        report.progress(f"waiting until the namespace {name} is gone")
        await asyncio.sleep(LOOK_EVERY)


def _name(name: str) -> ObjectName:
    return ObjectName("v1", "Namespace", name)


def _manifest(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": dict(OWN_LABEL)}}


def _is_going(namespace: dict[str, Any]) -> bool:
    return "deletionTimestamp" in namespace["metadata"]
