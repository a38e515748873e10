"""resourceId() and related template functions, which build resource ids from type and names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.providers.deployments.errors import ExpressionError
from sandbox.azure.resource_manager.providers.deployments.functions.signature import (
    Function,
    table,
    text_argument,
)

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.providers.deployments.context import DeploymentContext

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_LEADING = 2  # a subscription id and a group's name may stand before the type


def typed_path(kind: str, names: list[str]) -> str:
    """Return `/providers/<namespace>/<type>/<name>…` for a type and one name for each of its segments.

    Raises:
        ExpressionError: there are more or fewer names than segments.

    """
    namespace, *types = kind.split("/")
    if len(types) != len(names):
        raise ExpressionError(
            "Unable to evaluate template language function 'resourceId': the type "
            f"'{kind}' requires '{len(types)}' resource name argument(s)."
        )
    pairs = "/".join(f"{one}/{name}" for one, name in zip(types, names, strict=True))
    return f"/providers/{namespace}/{pairs}"


def resource_id(context: DeploymentContext, *arguments: Any) -> str:
    """Return the id of a resource in the group of the deployment, or in another group or subscription."""
    leading, kind, names = _split("resourceId", arguments)
    subscription = context.subscription_id
    group = context.resource_group["name"]
    for one in leading:
        if _UUID.fullmatch(one):
            subscription = one
        else:
            group = one
    return f"/subscriptions/{subscription}/resourceGroups/{group}{typed_path(kind, names)}"


def subscription_resource_id(context: DeploymentContext, *arguments: Any) -> str:
    """Return the id of a resource that lies in a subscription and in no group."""
    leading, kind, names = _split("subscriptionResourceId", arguments)
    subscription = leading[0] if leading else context.subscription_id
    return f"/subscriptions/{subscription}{typed_path(kind, names)}"


def extension_resource_id(base: str, kind: str, *names: str) -> str:
    """Return the id of a resource that extends another, such as a role assignment."""
    return text_argument("extensionResourceId", base) + typed_path(kind, list(names))


def _split(function: str, arguments: tuple[Any, ...]) -> tuple[list[str], str, list[str]]:
    """Return what stands before the type, the type, and the names."""
    texts = [text_argument(function, argument) for argument in arguments]
    for place, text in enumerate(texts[: _LEADING + 1]):
        if "/" in text:
            return texts[:place], text, texts[place + 1 :]
    raise ExpressionError(
        f"Unable to evaluate template language function '{function}': one of the first arguments must be a "
        "fully qualified resource type."
    )


SCOPED_FUNCTIONS = table(
    Function("resourceId", resource_id, 2),
    Function("subscriptionResourceId", subscription_resource_id, 2),
)
FUNCTIONS = table(
    Function("extensionResourceId", extension_resource_id, 3),
    Function(
        "tenantResourceId", lambda kind, *names: typed_path(text_argument("resourceId", kind), list(names)), 2
    ),
)
