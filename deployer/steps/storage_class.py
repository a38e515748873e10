"""Creates the storage class of the hub's disk, so that the disk carries the hub's tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.comparison import contains
from deployer.kubernetes.manifests import render_storage_class
from deployer.kubernetes.objects import ObjectName, ensure_object, find_object, remove_object
from deployer.names import STORAGE_CLASS
from deployer.run.workflow import Step

if TYPE_CHECKING:
    from kr8s.asyncio import Api

    from deployer.names import HubNames
    from deployer.progress.report import StepReport
    from deployer.run.context import Context

# Of the chart of JupyterHub: the disk of its database.
HUB_CLAIM = "hub-db-dir"


def storage_class_step() -> Step[Context]:
    """Declare the step."""

    def creates(_names: HubNames) -> tuple[str, ...]:
        return (f"storage class {STORAGE_CLASS}",)

    return Step(
        "storage-class", "Create the storage class of the hub's disk", ensure_storage_class, creates=creates
    )


async def ensure_storage_class(context: Context, report: StepReport) -> str:
    """Create the class, or replace it where the tags changed; an existing disk keeps its class and tags."""
    api = await context.results.cluster.get().api()
    claim = await find_object(
        api, ObjectName("v1", "PersistentVolumeClaim", HUB_CLAIM, context.names.namespace)
    )
    # The class of a claim cannot change. Without a name the chart leaves the claim as it is.
    used = claim["spec"].get("storageClassName") if claim else STORAGE_CLASS
    context.results.storage_class.set(STORAGE_CLASS if used == STORAGE_CLASS else None)
    if not await _ensure(api, context.names):
        return "nothing to change"
    report.progress(f"StorageClass {STORAGE_CLASS} applied")
    if claim:
        report.note("The disk of the hub exists already and keeps its tags: change them in the portal.")
    return f"applied StorageClass {STORAGE_CLASS}"


async def _ensure(api: Api, names: HubNames) -> bool:
    manifest = render_storage_class(names)
    name = ObjectName.of(manifest)
    found = await find_object(api, name)
    if found is not None and not contains(found["parameters"], manifest["parameters"]):
        # The parameters of a class cannot change; disks that it has provisioned do not need it.
        await remove_object(api, name)
    return await ensure_object(api, manifest)
