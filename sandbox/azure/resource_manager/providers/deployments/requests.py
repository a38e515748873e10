"""Turns the request for a deployment into a run: reads it, validates the template, asks for the rights.

PUT, validate and whatIf begin alike: whatever is refused here is refused before anything is made.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.core.errors import ArmError, bad_request
from sandbox.azure.resource_manager.providers.deployments.context import DeploymentContext
from sandbox.azure.resource_manager.providers.deployments.engine import TemplateRun
from sandbox.azure.resource_manager.providers.deployments.errors import validation_failed
from sandbox.azure.resource_manager.providers.deployments.registration import MISSING, demand_registration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.azure.resource_manager.core.backends import Principal
    from sandbox.azure.resource_manager.core.ids import ResourceId
    from sandbox.azure.resource_manager.core.kernel import Kernel

_SECTIONS: dict[str, tuple[type, ...]] = {
    "parameters": (dict,),
    "variables": (dict,),
    "outputs": (dict,),
    "resources": (dict, list),
}
# What only the template's own run can settle: what is missing yet may be in the template too.
_NOT_YET = frozenset({"ParentResourceNotFound", "ResourceNotFound", MISSING})


def prepare(
    kernel: Kernel, principal: Principal, deployment: ResourceId, body: Mapping[str, Any]
) -> TemplateRun:
    """Return the run that a deployment's body asks for.

    Args:
        kernel: Resource Manager.
        principal: who deploys.
        deployment: the deployment's id.
        body: the request's body.

    Raises:
        ArmError: the request, the template or its parameters are refused, or a right is missing.

    """
    properties = body.get("properties") or {}
    template = _template(properties)
    context = _context(kernel, principal, deployment, properties)
    run = TemplateRun(template, properties.get("parameters") or {}, context)
    _ask_for_rights(kernel, principal, run)
    demand_registration(kernel, principal, run)
    _preflight(kernel, principal, deployment, run)
    return run


def _template(properties: Mapping[str, Any]) -> Mapping[str, Any]:
    if str(properties.get("mode", "")).lower() != "incremental":
        raise bad_request(
            "InvalidRequestContent",
            "The sandbox deploys in mode 'Incremental' only; the mode must be given.",
        )
    template = properties.get("template")
    if not isinstance(template, dict):
        raise bad_request(
            "InvalidRequestContent", "The sandbox needs the template itself: there is no 'template' object."
        )
    for needed in ("$schema", "contentVersion", "resources"):
        if needed not in template:
            raise validation_failed(
                f"Required property '{needed}' not found in JSON. Path '', line 1, position 2."
            )
    for section, kinds in _SECTIONS.items():
        if not isinstance(template.get(section, {}), kinds):
            raise validation_failed(f"The template's '{section}' are not of the expected kind")
    return template


def _context(
    kernel: Kernel, principal: Principal, deployment: ResourceId, properties: Mapping[str, Any]
) -> DeploymentContext:
    if deployment.group_id is None or deployment.subscription is None:
        raise bad_request(
            "InvalidRequestContent", "The sandbox has deployments at the scope of resource groups only."
        )
    return DeploymentContext(
        subscription=kernel.subscription(deployment.subscription).shown(),
        resource_group=kernel.group(deployment.group_id).shown(),
        tenant_id=kernel.backends.directory.tenant_id,
        deployer={"objectId": principal.object_id, "tenantId": principal.tenant_id},
        deployment={
            "name": deployment.name,
            "properties": {
                "template": properties["template"],
                "mode": "Incremental",
                "provisioningState": "Accepted",
            },
        },
        now=datetime.now(UTC),
    )


def _ask_for_rights(kernel: Kernel, principal: Principal, run: TemplateRun) -> None:
    """Refuse a template of which the principal may not make every resource, before it makes any."""
    problems = [
        f"Authorization failed for template resource '{one.name}' of type '{one.type}'. The client "
        f"'{principal.client_id or principal.name}' with object id '{principal.object_id}' does not have "
        f"permission to perform action '{one.type}/write' at scope '{one.id}'."
        for one in run.resources
        if not kernel.rights.allows(principal, f"{one.type}/write", one.id)
    ]
    if problems:
        raise bad_request(
            "InvalidTemplateDeployment",
            "Deployment failed with multiple errors: '{}'".format(":".join(problems)),
        )


def _preflight(kernel: Kernel, principal: Principal, deployment: ResourceId, run: TemplateRun) -> None:
    """Have every resource judged by its own provider, as far as its body is known already."""
    refusals = []
    for resource, body in run.known_bodies():
        try:
            kernel.check_resource(principal, resource.id, resource.api_version, body)
        except ArmError as refusal:
            if refusal.code not in _NOT_YET:
                refusals.append({**refusal.content(), "target": resource.id})
    if refusals:
        raise ArmError(
            400,
            "InvalidTemplateDeployment",
            f"The template deployment '{deployment.name}' is not valid according to the validation procedure."
            f" The tracking id is '{uuid.uuid4()}'. See inner errors for details.",
            details=refusals,
        )
