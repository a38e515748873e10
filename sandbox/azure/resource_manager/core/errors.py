"""Azure's refusals, in Azure's shapes and words, so that a client meets here what it will meet there.

Most of Azure wraps an error, `{"error": {"code", "message"}}`; the Kubernetes service and Azure DNS answer it
bare.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sandbox.azure.resource_manager.core.backends import Principal
    from sandbox.azure.resource_manager.core.ids import ResourceId

REGISTER_HELP = "See https://aka.ms/rps-not-found for how to register subscriptions."


@dataclass
class ArmError(Exception):
    """A refusal or a failure as Resource Manager tells it.

    Args:
        status: the HTTP status.
        code: the error's code, "AuthorizationFailed".
        message: Azure's text.
        target: what it is about, where Azure says so.
        details: errors beneath it, each {"code", "message", …}.
        subcode: the Kubernetes service's finer code; given, the body is bare.
        headers: further response headers.
        bare: the body is the error object itself, as Azure DNS answers it.

    """

    status: int
    code: str
    message: str
    target: str | None = None
    details: list[dict[str, Any]] = field(default_factory=list)
    subcode: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    bare: bool = False

    def content(self) -> dict[str, Any]:
        """The error object itself, as an operation or a deployment shows it."""
        content: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.target is not None:
            content["target"] = self.target
        if self.details:
            content["details"] = self.details
        return content

    def body(self) -> dict[str, Any]:
        """The response body: wrapped, or bare where the Kubernetes service or Azure DNS speaks."""
        if self.bare:
            return self.content()
        if self.subcode is None:
            return {"error": self.content()}
        return {
            "code": self.code,
            "details": self.details or None,
            "message": self.message,
            "subcode": self.subcode,
        }

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


def bad_request(code: str, message: str, target: str | None = None) -> ArmError:
    """A request that Azure refuses as it stands (400)."""
    return ArmError(400, code, message, target)


def conflict(code: str, message: str) -> ArmError:
    """A request that what exists stands against (409)."""
    return ArmError(409, code, message)


def authorization_failed(principal: Principal, action: str, scope: str) -> ArmError:
    """No role of the principal allows the action on the scope."""
    return ArmError(
        403,
        "AuthorizationFailed",
        f"The client '{_client(principal)}' with object id '{principal.object_id}' does not have "
        f"authorization to perform action '{action}' over scope '{scope}' or the scope is invalid. If "
        "access was recently granted, please refresh your credentials.",
    )


def _client(principal: Principal) -> str:
    """How Azure names somebody: an application by its id, a person by name."""
    return principal.name if principal.kind == "User" else principal.client_id


def linked_authorization_failed(
    principal: Principal, action: str, scope: str, linked: str, linked_scope: str
) -> ArmError:
    """The action itself is allowed, the one it needs on another resource isn't."""
    return ArmError(
        403,
        "LinkedAuthorizationFailed",
        f"The client '{_client(principal)}' with object id '{principal.object_id}' has permission to "
        f"perform action '{action}' on scope '{scope}'; however, it does not have permission to perform "
        f"action(s) '{linked}' on the linked scope(s) '{linked_scope}' (respectively) or the linked scope(s) "
        "are invalid.",
    )


def subscription_not_found(subscription: str) -> ArmError:
    """There is no such subscription in the sandbox."""
    return ArmError(404, "SubscriptionNotFound", f"The subscription '{subscription}' could not be found.")


def group_not_found(group: str) -> ArmError:
    """There is no such resource group."""
    return ArmError(404, "ResourceGroupNotFound", f"Resource group '{group}' could not be found.")


def resource_not_found(resource: ResourceId) -> ArmError:
    """There is no such resource."""
    return ArmError(
        404,
        "ResourceNotFound",
        f"The Resource '{resource.type}/{resource.full_name}' under resource group "
        f"'{resource.group or '<null>'}' was not found. For more details please go to "
        "https://aka.ms/ARMResourceNotFoundFix",
    )


def parent_not_found(resource: ResourceId) -> ArmError:
    """A part was PUT whose whole isn't there."""
    return ArmError(
        404,
        "ParentResourceNotFound",
        f"Failed to perform 'write' on resource(s) of type '{'/'.join(resource.types)}', because the parent "
        f"resource '{resource.parent}' could not be found.",
    )


def invalid_namespace(namespace: str) -> ArmError:
    """There is no such provider."""
    return ArmError(404, "InvalidResourceNamespace", f"The resource namespace '{namespace}' is invalid.")


def invalid_type(namespace: str, api_version: str) -> ArmError:
    """The provider has no such type, list or function."""
    return ArmError(
        404,
        "InvalidResourceType",
        f"The resource type could not be found in the namespace '{namespace}' for api version "
        f"'{api_version}'.",
    )


def unsupported_api_version(
    full_type: str, api_version: str, supported: Iterable[str], locations: Iterable[str], location: str
) -> ArmError:
    """A provider's type isn't served in that api-version."""
    return bad_request(
        "NoRegisteredProviderFound",
        f"No registered resource provider found for location '{location}' and API version '{api_version}' "
        f"for type '{full_type.partition('/')[2]}'. The supported api-versions are "
        f"'{', '.join(supported)}'. The supported locations are '{', '.join(locations)}'.",
    )


def invalid_api_version(api_version: str, supported: Iterable[str]) -> ArmError:
    """Resource Manager itself (groups, subscriptions, deployments) doesn't know that api-version."""
    return bad_request(
        "InvalidApiVersionParameter",
        f"The api-version '{api_version}' is invalid. The supported versions are '{','.join(supported)}'.",
    )


def missing_registration(*namespaces: str) -> ArmError:
    """The subscription hasn't registered the providers."""
    details = [_missing_registration(namespace) for namespace in namespaces]
    return ArmError(409, "MissingSubscriptionRegistration", details[0]["message"], details=details)


def _missing_registration(namespace: str) -> dict[str, Any]:
    message = f"The subscription is not registered to use namespace '{namespace}'. {REGISTER_HELP}"
    return {"code": "MissingSubscriptionRegistration", "target": namespace, "message": message}


def method_not_allowed(method: str) -> ArmError:
    """The resource is there, the method isn't."""
    return ArmError(
        405, "HttpMethodNotAllowed", f"The requested resource does not support http method '{method}'."
    )
