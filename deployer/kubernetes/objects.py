"""Finds, creates, changes and removes single objects of a cluster, of any kind.

Helm charts bring kinds that no client library knows beforehand, so objects are addressed by kind and version.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from deployer.comparison import contains
from deployer.errors import KubernetesError
from deployer.kubernetes.requests import UNANSWERED_WEBHOOK, RefusedError, fetch, send

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kr8s.asyncio import Api
    from kr8s.asyncio.objects import APIObject


@dataclass(frozen=True)
class ObjectName:
    """The identity of an object.

    Attributes:
        version: group and version, as in `apiVersion`.
        kind: for example Secret.
        name: of the object.
        namespace: None for objects that belong to the whole cluster.

    """

    version: str
    kind: str
    name: str
    namespace: str | None = None

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> ObjectName:
        """Return the name of the object that a manifest describes."""
        metadata = manifest["metadata"]
        return cls(manifest["apiVersion"], manifest["kind"], metadata["name"], metadata.get("namespace"))


async def find_object(api: Api, name: ObjectName) -> dict[str, Any] | None:
    """Return an object, None where there is none, or where the cluster does not know the kind."""
    path = f"{_plural(name.kind)}/{name.name}"
    try:
        return await send(lambda: fetch(api, name.version, path, name.namespace))
    except RefusedError as refused:
        if refused.status == HTTPStatus.NOT_FOUND:
            return None
        raise _error("show", name, refused) from None


async def list_objects(
    api: Api, version: str, kind: str, namespace: str | None = None, field_selector: str | None = None
) -> list[dict[str, Any]]:
    """Return all objects of a kind, none where the cluster does not know the kind.

    Args:
        api: the cluster's API.
        version: group and version.
        kind: for example Order.
        namespace: None for all namespaces.
        field_selector: for example `type=Warning`; None for all objects.

    """
    import kr8s

    wanted = _class_of(version, kind, namespaced=True)

    async def listed() -> list[dict[str, Any]]:
        where = namespace or kr8s.ALL
        found = api.get(wanted, namespace=where, field_selector=field_selector, raw=True)
        # The objects of a list do not name their kind.
        return [
            {**item, "apiVersion": version, "kind": kind} async for item in found if isinstance(item, dict)
        ]

    try:
        return await send(listed)
    except RefusedError as refused:
        if refused.status == HTTPStatus.NOT_FOUND:
            return []
        raise _error("list", ObjectName(version, kind, ""), refused) from None


async def ensure_object(api: Api, manifest: Mapping[str, Any]) -> bool:
    """Create an object, or change it where it differs from the manifest.

    Returns:
        Whether anything was changed.

    Raises:
        KubernetesError: the cluster refused; retryable while a webhook that judges the object is not up yet.

    """
    name = ObjectName.of(manifest)
    live = await find_object(api, name)
    if live is None:
        if await create_object(api, manifest):
            return True
        live = await find_object(api, name)
    if contains(live, manifest):
        return False
    await patch_object(api, name, manifest)
    return True


async def create_object(api: Api, manifest: Mapping[str, Any]) -> bool:
    """Create an object; return false if it was created by something else in the meantime.

    The cluster itself creates some objects, for example the default service account of a new namespace.
    """
    name = ObjectName.of(manifest)
    try:
        await send(_object(api, name, manifest).create)
    except RefusedError as refused:
        if refused.status == HTTPStatus.CONFLICT and await find_object(api, name) is not None:
            return False
        raise _error("accept", name, refused) from None
    return True


async def patch_object(
    api: Api, name: ObjectName, changes: Mapping[str, Any], subresource: str | None = None
) -> None:
    """Merge changes into an object.

    Args:
        api: the cluster's API.
        name: of the object.
        changes: merged into it (JSON merge patch).
        subresource: for example "status"; None for the object itself.

    """
    try:
        await send(lambda: _object(api, name).patch(dict(changes), subresource=subresource))
    except RefusedError as refused:
        raise _error("change", name, refused) from None


async def remove_object(api: Api, name: ObjectName) -> bool:
    """Delete an object and everything that it owns; return whether there was one."""
    try:
        await send(_object(api, name).delete)
    except RefusedError as refused:
        # Conflict: it is being deleted already.
        if refused.status in (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT):
            return False
        raise _error("remove", name, refused) from None
    return True


def _object(api: Api, name: ObjectName, body: Mapping[str, Any] | None = None) -> APIObject:
    kind = _class_of(name.version, name.kind, namespaced=name.namespace is not None)
    metadata = {"name": name.name, **({"namespace": name.namespace} if name.namespace else {})}
    return kind(dict(body or {"metadata": metadata}), api=api)


def _class_of(version: str, kind: str, *, namespaced: bool) -> type[APIObject]:
    from kr8s.asyncio.objects import new_class

    return new_class(kind, version, namespaced=namespaced, plural=_plural(kind))


def _plural(kind: str) -> str:
    # kr8s knows the plural of a kind only for its own classes; this rule holds for every kind used here.
    lower = kind.lower()
    return f"{lower[:-1]}ies" if lower.endswith("y") else f"{lower}{'es' if lower.endswith('ss') else 's'}"


def _error(verb: str, name: ObjectName, refused: RefusedError) -> KubernetesError:
    """Return the error for people."""
    message = f"The cluster refused to {verb} {name.kind} {name.name}: {refused}"
    # The path of a kind whose definition is not installed yet does not exist.
    unknown_kind = refused.status == HTTPStatus.NOT_FOUND and verb == "accept"
    if UNANSWERED_WEBHOOK in str(refused) or unknown_kind:
        return KubernetesError(message, cause="The webhook for such objects is not up yet.", retryable=True)
    if refused.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return KubernetesError(message, retryable=True)
    return KubernetesError(
        message,
        suggestion="A policy of your organisation may forbid it: ask whoever manages the subscription.",
    )
