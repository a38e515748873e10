"""The errors of Resource Manager in Azure's own shapes and words, since clients and the deployer read them.

Most of Azure wraps an error, `{"error": {"code", "message"}}`; the Kubernetes service and Azure DNS send the
error object bare.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sandbox.azure.identity.directory import Principal
    from sandbox.azure.resource_manager.core.ids import ResourceId

REGISTER_HELP = "See https://aka.ms/rps-not-found for how to register subscriptions."


@dataclass
class ArmError(Exception):
    """A request that was refused, or an operation that failed.

    Attributes:
        status: the HTTP status.
        code: "AuthorizationFailed".
        message: the text.
        target: what the error is about, None if Azure does not say.
        details: inner errors, each {"code", "message", …}.
        subcode: a finer code of the Kubernetes service, whose errors are bare.
        headers: further response headers.
        bare: whether the body is the error object itself, as in Azure DNS.

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
        """Return the error object, as operations and deployments show it."""
        content: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.target is not None:
            content["target"] = self.target
        if self.details:
            content["details"] = self.details
        return content

    def body(self) -> dict[str, Any]:
        """Return the response body: the error object, wrapped unless the service sends it bare."""
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
    """Return the error of an invalid request."""
    return ArmError(400, code, message, target)


def conflict(code: str, message: str) -> ArmError:
    """Return the error of a request that conflicts with what exists."""
    return ArmError(409, code, message)


def authorization_failed(principal: Principal, action: str, scope: str) -> ArmError:
    """Return the error of a principal that has no role with an action on a scope."""
    return ArmError(
        403,
        "AuthorizationFailed",
        f"The client '{_client(principal)}' with object id '{principal.object_id}' does not have "
        f"authorization to perform action '{action}' over scope '{scope}' or the scope is invalid. If "
        "access was recently granted, please refresh your credentials.",
    )


def denied(principal: Principal, action: str, scope: str, protected: object) -> ArmError:
    """Return the error of a principal whose role a deny assignment overrules.

    Args:
        principal: who asked.
        action: for what.
        scope: on what.
        protected: where the deny assignment is.

    """
    return ArmError(
        403,
        "DenyAssignmentAuthorizationFailed",
        f"The client '{_client(principal)}' with object id '{principal.object_id}' has permission to perform "
        f"action '{action}' on scope '{scope}'; however, the access is denied because of the deny assignment "
        f"with name 'AKS node resource group lockdown' at scope '{protected}'.",
    )


def _client(principal: Principal) -> str:
    """Return how error texts name a principal: a person by name, an application by id."""
    return principal.name if principal.kind == "User" else principal.client_id


def linked_authorization_failed(
    principal: Principal, action: str, scope: str, linked: str, linked_scope: str
) -> ArmError:
    """Return the error of a principal that lacks an action on a linked resource."""
    return ArmError(
        403,
        "LinkedAuthorizationFailed",
        f"The client '{_client(principal)}' with object id '{principal.object_id}' has permission to "
        f"perform action '{action}' on scope '{scope}'; however, it does not have permission to perform "
        f"action(s) '{linked}' on the linked scope(s) '{linked_scope}' (respectively) or the linked scope(s) "
        "are invalid.",
    )


def subscription_not_found(subscription: str) -> ArmError:
    """Return the error of a subscription that does not exist."""
    return ArmError(404, "SubscriptionNotFound", f"The subscription '{subscription}' could not be found.")


def group_not_found(group: str) -> ArmError:
    """Return the error of a resource group that does not exist."""
    return ArmError(404, "ResourceGroupNotFound", f"Resource group '{group}' could not be found.")


def resource_not_found(resource: ResourceId) -> ArmError:
    """Return the error of a resource that does not exist."""
    return ArmError(
        404,
        "ResourceNotFound",
        f"The Resource '{resource.type}/{resource.full_name}' under resource group "
        f"'{resource.group or '<null>'}' was not found. For more details please go to "
        "https://aka.ms/ARMResourceNotFoundFix",
    )


def parent_not_found(resource: ResourceId) -> ArmError:
    """Return the error of a child resource whose parent does not exist."""
    return ArmError(
        404,
        "ParentResourceNotFound",
        f"Failed to perform 'write' on resource(s) of type '{'/'.join(resource.types)}', because the parent "
        f"resource '{resource.parent}' could not be found.",
    )


def invalid_namespace(namespace: str) -> ArmError:
    """Return the error of a resource provider that does not exist."""
    return ArmError(404, "InvalidResourceNamespace", f"The resource namespace '{namespace}' is invalid.")


def invalid_type(namespace: str, api_version: str) -> ArmError:
    """Return the error of a resource type that the provider does not have."""
    return ArmError(
        404,
        "InvalidResourceType",
        f"The resource type could not be found in the namespace '{namespace}' for api version "
        f"'{api_version}'.",
    )


def unsupported_api_version(
    full_type: str, api_version: str, supported: Iterable[str], locations: Iterable[str], location: str
) -> ArmError:
    """Return the error of an api-version that a resource type does not have."""
    return bad_request(
        "NoRegisteredProviderFound",
        f"No registered resource provider found for location '{location}' and API version '{api_version}' "
        f"for type '{full_type.partition('/')[2]}'. The supported api-versions are "
        f"'{', '.join(supported)}'. The supported locations are '{', '.join(locations)}'.",
    )


def invalid_api_version(api_version: str, supported: Iterable[str]) -> ArmError:
    """Return the error of an api-version that groups, subscriptions or deployments do not have."""
    return bad_request(
        "InvalidApiVersionParameter",
        f"The api-version '{api_version}' is invalid. The supported versions are '{','.join(supported)}'.",
    )


def missing_registration(*namespaces: str) -> ArmError:
    """Return the error of providers that the subscription has not registered."""
    details = [_missing_registration(namespace) for namespace in namespaces]
    return ArmError(409, "MissingSubscriptionRegistration", details[0]["message"], details=details)


def _missing_registration(namespace: str) -> dict[str, Any]:
    message = f"The subscription is not registered to use namespace '{namespace}'. {REGISTER_HELP}"
    return {"code": "MissingSubscriptionRegistration", "target": namespace, "message": message}


def method_not_allowed(method: str) -> ArmError:
    """Return the error of an HTTP method that a resource does not support."""
    return ArmError(
        405, "HttpMethodNotAllowed", f"The requested resource does not support http method '{method}'."
    )
