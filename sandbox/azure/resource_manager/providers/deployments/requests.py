"""Turns the request for a deployment into a template run: validates the template, checks the permissions.

PUT, validate and whatIf begin like this. What is refused here is refused before any resource is created.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.core.errors import ArmError, bad_request
from sandbox.azure.resource_manager.providers.deployments.context import DeploymentContext
from sandbox.azure.resource_manager.providers.deployments.engine import TemplateRun
from sandbox.azure.resource_manager.providers.deployments.errors import validation_failed
from sandbox.azure.resource_manager.providers.deployments.registration import MISSING, check_registrations

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.azure.identity.directory import Principal
    from sandbox.azure.resource_manager.core.host import ResourceProviderHost
    from sandbox.azure.resource_manager.core.ids import ResourceId

_SECTIONS: dict[str, tuple[type, ...]] = {
    "parameters": (dict,),
    "variables": (dict,),
    "outputs": (dict,),
    "resources": (dict, list),
}
# Errors about what the deployment itself may create or register: only its run can tell.
_NOT_YET = frozenset({"ParentResourceNotFound", "ResourceNotFound", MISSING})


def prepare(
    host: ResourceProviderHost, principal: Principal, deployment: ResourceId, body: Mapping[str, Any]
) -> TemplateRun:
    """Return the template run that the body of a deployment asks for.

    Args:
        host: handles the requests for the resources of the template.
        principal: who deploys.
        deployment: the deployment's id.
        body: the request's body.

    Raises:
        ArmError: the request, the template or its parameters are invalid, or a permission is missing.

    """
    properties = body.get("properties") or {}
    template = _template(properties)
    context = _context(host, principal, deployment, properties)
    run = TemplateRun(template, properties.get("parameters") or {}, context)
    _check_permissions(host, principal, run)
    check_registrations(host, principal, run)
    _preflight(host, principal, deployment, run)
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
    host: ResourceProviderHost, principal: Principal, deployment: ResourceId, properties: Mapping[str, Any]
) -> DeploymentContext:
    if deployment.group_id is None or deployment.subscription is None:
        raise bad_request(
            "InvalidRequestContent", "The sandbox has deployments at the scope of resource groups only."
        )
    return DeploymentContext(
        subscription=host.services.subscriptions.get(deployment.subscription).shown(),
        resource_group=host.catalog.group(deployment.group_id).shown(),
        tenant_id=host.services.directory.tenant_id,
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


def _check_permissions(host: ResourceProviderHost, principal: Principal, run: TemplateRun) -> None:
    """Check that the principal may create every resource of the template."""
    problems = [
        f"Authorization failed for template resource '{one.name}' of type '{one.type}'. The client "
        f"'{principal.client_id or principal.name}' with object id '{principal.object_id}' does not have "
        f"permission to perform action '{one.type}/write' at scope '{one.id}'."
        for one in run.resources
        if not host.services.rights.allows(principal, f"{one.type}/write", one.id)
    ]
    if problems:
        raise bad_request(
            "InvalidTemplateDeployment",
            "Deployment failed with multiple errors: '{}'".format(":".join(problems)),
        )


def _preflight(
    host: ResourceProviderHost, principal: Principal, deployment: ResourceId, run: TemplateRun
) -> None:
    """Validate every resource whose body is known already by its own resource type."""
    refusals = []
    for resource, body in run.known_bodies():
        try:
            host.check_resource(principal, resource.id, resource.api_version, body)
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
