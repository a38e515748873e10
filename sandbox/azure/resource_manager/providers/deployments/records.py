"""Deployments as Resource Manager shows them: without the template, and without secure values."""

from __future__ import annotations

import hashlib
import json
import uuid
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.core.state import timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.azure.resource_manager.core.errors import ArmError
    from sandbox.azure.resource_manager.core.ids import ResourceId
    from sandbox.azure.resource_manager.core.state import Resource
    from sandbox.azure.resource_manager.providers.deployments.engine import ResourceOperation, TemplateRun

_SHORT_CIRCUITED = (
    "A nested deployment got short-circuited and all its resources got skipped from validation. This is due "
    "to a nested template having a parameter that was not fully evaluated (e.g. contains a reference() "
    "function). Please see https://aka.ms/WhatIfEvalStopped for more guidance."
)


def new_properties(run: TemplateRun, requested: Mapping[str, Any], state: str) -> dict[str, Any]:
    """Return the properties of a new deployment, given those of the request with its template."""
    link = {"templateLink": requested["templateLink"]} if "templateLink" in requested else {}
    return {
        **link,
        "templateHash": _template_hash(requested["template"]),
        "parameters": run.shown_parameters(),
        "mode": "Incremental",
        "provisioningState": state,
        "timestamp": timestamp(),
        "duration": "PT0S",
        "correlationId": str(uuid.uuid4()),
        "providers": _providers(run),
        "dependencies": _dependencies(run),
        "diagnostics": diagnostics(run),
    }


def write_outcome(
    properties: dict[str, Any],
    run: TemplateRun,
    started: datetime,
    *,
    outputs: Mapping[str, Any] | None = None,
    error: ArmError | None = None,
) -> None:
    """Write the outcome of a deployment into its properties."""
    seconds = (datetime.now(UTC) - started).total_seconds()
    properties.update({"timestamp": timestamp(), "duration": f"PT{seconds:.7f}S"})
    made = [one.resource.id for one in run.operations.values() if one.resource.deployed and one.succeeded]
    properties["outputResources"] = [{"id": resource_id} for resource_id in made]
    if outputs is not None:
        properties["outputs"] = dict(outputs)
    if error is not None:
        properties["error"] = error.content()


def operation_document(deployment: ResourceId, operation: ResourceOperation) -> dict[str, Any]:
    """Return an entry in the list of a deployment's operations."""
    resource = operation.resource
    number = _operation_number(resource.id)
    properties: dict[str, Any] = {
        "provisioningOperation": "Create",
        "provisioningState": operation.state,
        "timestamp": timestamp(operation.ended or operation.started),
        "targetResource": {"id": resource.id, "resourceType": resource.type, "resourceName": resource.name},
    }
    if operation.succeeded:
        properties["statusCode"] = "OK"
    if operation.error is not None:
        properties["statusCode"] = HTTPStatus(operation.error.status).phrase.replace(" ", "")
        properties["statusMessage"] = operation.error.body()
    return _entry(deployment, number, properties)


def outputs_operation_document(deployment: Resource) -> dict[str, Any]:
    """Return the entry for the evaluation of the outputs, the last one of a deployment that succeeded."""
    properties = {
        "provisioningOperation": "EvaluateDeploymentOutput",
        "provisioningState": "Succeeded",
        "timestamp": deployment.properties["timestamp"],
        "statusCode": "OK",
    }
    return _entry(deployment.id, _operation_number(str(deployment.id)), properties)


def diagnostics(run: TemplateRun) -> list[dict[str, Any]]:
    """Return what Resource Manager could not look into before the run."""
    return [
        {
            "code": "NestedDeploymentShortCircuited",
            "level": "Warning",
            "target": nested.id,
            "message": _SHORT_CIRCUITED,
        }
        for nested in run.short_circuited()
    ]


def _entry(deployment: ResourceId, number: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {"id": f"{deployment}/operations/{number}", "operationId": number, "properties": properties}


def _operation_number(text: str) -> str:
    return hashlib.sha256(text.lower().encode()).hexdigest()[:16].upper()


def _template_hash(template: Mapping[str, Any]) -> str:
    """Return a number by which templates differ; Azure has another algorithm."""
    digest = hashlib.sha256(json.dumps(template, sort_keys=True).encode()).digest()
    return str(int.from_bytes(digest[:8], "big"))


def _providers(run: TemplateRun) -> list[dict[str, Any]]:
    kinds: dict[str, list[str]] = {}
    for resource in run.resources:
        namespace, _, kind = resource.type.partition("/")
        if kind not in kinds.setdefault(namespace, []):
            kinds[namespace].append(kind)
    return [
        {"namespace": namespace, "resourceTypes": [{"resourceType": kind} for kind in types]}
        for namespace, types in kinds.items()
    ]


def _dependencies(run: TemplateRun) -> list[dict[str, Any]]:
    shown = {
        one.id: {"id": one.id, "resourceType": one.type, "resourceName": one.name} for one in run.resources
    }
    return [
        {"dependsOn": [shown[each] for each in sorted(one.depends_on) if each in shown], **shown[one.id]}
        for one in run.resources
        if any(each in shown for each in one.depends_on)
    ]
