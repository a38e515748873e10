"""Predicts the changes of a template, for `POST …/whatIf`: each resource before and after, and what differs.

Only what the template writes is compared: Azure leaves out what it fills in itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.core.ids import ResourceId
from sandbox.azure.resource_manager.providers.deployments.records import diagnostics

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.azure.resource_manager.core.host import ResourceProviderHost
    from sandbox.azure.resource_manager.providers.deployments.engine import TemplateRun
    from sandbox.azure.resource_manager.providers.deployments.template import TemplateResource

IDS_ONLY = "ResourceIdOnly"


class WhatIf:
    """The prediction for one template.

    Args:
        host: knows the resources that exist.
        run: the template.
        result_format: "FullResourcePayloads", or "ResourceIdOnly" for ids without comparison.

    """

    def __init__(self, host: ResourceProviderHost, run: TemplateRun, result_format: str) -> None:
        self._host = host
        self._run = run
        self._ids_only = result_format == IDS_ONLY

    def result(self, group: ResourceId) -> dict[str, Any]:
        """Return the last response to polls: a change for each resource of the template and of the group."""
        deployed = [one for one in self._run.resources if not one.is_deployment]
        changes = [self._change(resource) for resource in deployed]
        changes += self._ignored(group, {one.id.lower() for one in deployed})
        properties = {"changes": changes, "diagnostics": diagnostics(self._run)}
        return {"status": "Succeeded", "properties": properties}

    def _change(self, resource: TemplateResource) -> dict[str, Any]:
        before = self._existing(resource.id, resource.api_version)
        if self._ids_only:
            return {"resourceId": resource.id, "changeType": "Create" if before is None else "Deploy"}
        written = self._run.predicted_body(resource)
        if before is None:
            after = {**_identity(resource.id, resource.api_version), **written}
            return {"resourceId": resource.id, "changeType": "Create", "after": after}
        after = overlaid(before, written)
        delta = list(differences(before, after))
        kind = "Modify" if delta else "NoChange"
        return {
            "resourceId": resource.id,
            "changeType": kind,
            "before": before,
            "after": after,
            "delta": delta,
        }

    def _ignored(self, group: ResourceId, deployed: set[str]) -> Iterator[dict[str, Any]]:
        """Yield the resources of the group that the template does not have: Incremental mode leaves them."""
        for resource in self._host.services.state.within(str(group)):
            kind = self._host.catalog.type_of(resource.id)
            if kind.tracked and resource.id.key not in deployed:
                before = self._existing(str(resource.id), kind.api_versions[0])
                change = {"resourceId": str(resource.id), "changeType": "Ignore"}
                yield change if self._ids_only else {**change, "before": before, "after": before}

    def _existing(self, resource_id: str, api_version: str) -> dict[str, Any] | None:
        found = self._host.services.state.get(ResourceId.parse(resource_id))
        if found is None:
            return None
        shown = self._host.catalog.type_of(found.id).show(found)
        return {**_identity(resource_id, api_version), **shown}


def _identity(resource_id: str, api_version: str) -> dict[str, Any]:
    parsed = ResourceId.parse(resource_id)
    return {"apiVersion": api_version, "id": resource_id, "type": parsed.type, "name": parsed.name}


def overlaid(before: dict[str, Any], written: dict[str, Any]) -> dict[str, Any]:
    """Return a resource with what a template writes laid over it; tags are replaced, as by a PUT."""
    after = dict(before)
    for key, value in written.items():
        if key == "location" and _region(value) == _region(before.get(key)):
            continue
        inner = before.get(key)
        if isinstance(value, dict) and isinstance(inner, dict) and key != "tags":
            after[key] = overlaid(inner, value)
        else:
            after[key] = value
    return after


def differences(before: Any, after: Any, path: str = "") -> Iterator[dict[str, Any]]:
    """Yield the properties that differ, as what-if writes them."""
    if not isinstance(before, dict) or not isinstance(after, dict):
        if before != after:
            yield {"path": path, "propertyChangeType": "Modify", "before": before, "after": after}
        return
    for key in {**before, **after}:
        inner = f"{path}.{key}" if path else key
        if key not in before:
            yield {"path": inner, "propertyChangeType": "Create", "after": after[key]}
        elif key not in after:
            yield {"path": inner, "propertyChangeType": "Delete", "before": before[key]}
        else:
            yield from differences(before[key], after[key], inner)


def _region(name: Any) -> str:
    return str(name).replace(" ", "").lower()
