"""Single objects of a cluster, of whatever kind: found, created, changed where they differ, removed.

Asked for by their paths, since helm and other releases bring kinds that no client library knows beforehand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import kr8s

from deployer.errors import KubernetesError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kr8s.asyncio import Api

MERGE_PATCH = {"Content-Type": "application/merge-patch+json"}
NOT_FOUND, CONFLICT = 404, 409
# What the API server says while a webhook is not up yet: it answers some seconds after its pod is ready.
UNANSWERED_WEBHOOK = "failed calling webhook"


@dataclass(frozen=True)
class ObjectName:
    """Which object is meant.

    Attributes:
        version: group and version, as a manifest's `apiVersion`.
        kind: its kind.
        name: its name.
        namespace: None for what belongs to the whole cluster.

    """

    version: str
    kind: str
    name: str
    namespace: str | None = None

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> ObjectName:
        """Return the name of a manifest's object."""
        metadata = manifest["metadata"]
        return cls(manifest["apiVersion"], manifest["kind"], metadata["name"], metadata.get("namespace"))


async def find_object(api: Api, name: ObjectName) -> dict[str, Any] | None:
    """Return an object as it is, None where there is none or nothing of its kind."""
    answer = await _send(api, "GET", name.version, f"{_plural(name.kind)}/{name.name}", name.namespace)
    if answer.status_code == NOT_FOUND:
        return None
    return dict(_accepted(answer, "show", name).json())


async def list_objects(
    api: Api, version: str, kind: str, namespace: str | None = None
) -> list[dict[str, Any]]:
    """Return all objects of a kind, none where the cluster doesn't know the kind."""
    answer = await _send(api, "GET", version, _plural(kind), namespace)
    if answer.status_code == NOT_FOUND:
        return []
    return list(_accepted(answer, "list", ObjectName(version, kind, "")).json()["items"])


async def ensure_object(api: Api, manifest: Mapping[str, Any]) -> bool:
    """Create an object or change it where it differs from the manifest.

    Returns:
        Whether anything was changed.

    Raises:
        KubernetesError: the cluster refused; retryable while what judges the object is not up yet.

    """
    name = ObjectName.of(manifest)
    live = await find_object(api, name)
    if live is None:
        answer = await _send(api, "POST", name.version, _plural(name.kind), name.namespace, body=manifest)
        # A conflict: somebody made it meanwhile, as the cluster does with a new namespace's account.
        live = await find_object(api, name) if answer.status_code == CONFLICT else None
        if live is None:
            _accepted(answer, "take", name)
            return True
    if _contains(live, manifest):
        return False
    await patch_object(api, name, manifest)
    return True


async def patch_object(api: Api, name: ObjectName, changes: Mapping[str, Any], part: str = "") -> None:
    """Merge changes into an object.

    Args:
        api: the cluster's API.
        name: which object.
        changes: what is merged into it.
        part: subresource that is meant, as in "/status".

    """
    url = f"{_plural(name.kind)}/{name.name}{part}"
    answer = await _send(api, "PATCH", name.version, url, name.namespace, body=changes)
    _accepted(answer, "change", name)


async def remove_object(api: Api, name: ObjectName) -> bool:
    """Delete an object, with all that it owns; say whether there was one."""
    answer = await _send(api, "DELETE", name.version, f"{_plural(name.kind)}/{name.name}", name.namespace)
    # A conflict: it is on its way out already.
    if answer.status_code in (NOT_FOUND, CONFLICT):
        return False
    _accepted(answer, "remove", name)
    return True


def _plural(kind: str) -> str:
    """Return a kind as paths have it; enough for the kinds that are used here."""
    lower = kind.lower()
    return f"{lower[:-1]}ies" if lower.endswith("y") else f"{lower}s"


async def _send(  # noqa: PLR0913 - the parts of a request
    api: Api,
    method: str,
    version: str,
    url: str,
    namespace: str | None,
    *,
    body: Mapping[str, Any] | None = None,
) -> httpx.Response:
    headers = MERGE_PATCH if method == "PATCH" else None
    options: dict[str, Any] = {"json": body, "headers": headers}
    try:
        async with api.call_api(
            method, version=version, url=url, namespace=namespace, raise_for_status=False, **options
        ) as answer:
            return answer
    except (httpx.HTTPError, kr8s.APITimeoutError) as error:
        raise KubernetesError(f"The cluster's API can't be reached: {error!r}", retryable=True) from None


def _accepted(answer: httpx.Response, verb: str, name: ObjectName) -> httpx.Response:
    if answer.is_success:
        return answer
    try:
        words = answer.json()["message"]
    except (ValueError, KeyError):
        words = f"status {answer.status_code}"
    message = f"The cluster refused to {verb} {name.kind} {name.name}: {words}"
    # A kind that is not there (yet) is a path that is not there.
    if UNANSWERED_WEBHOOK in words or (answer.status_code == NOT_FOUND and verb == "take"):
        raise KubernetesError(message, cause="What judges such objects is not up yet.", retryable=True)
    if answer.is_server_error:
        raise KubernetesError(message, retryable=True)
    raise KubernetesError(
        message,
        suggestion="A policy of your organisation may forbid it: ask who manages the subscription.",
    )


def _contains(live: Any, wanted: Any) -> bool:
    """Whether all that is wanted is live; a cluster adds fields of its own and leaves out empty ones."""
    if wanted in ({}, [], None):
        return not live
    if isinstance(wanted, dict):
        return bool(live) and all(_contains(live.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list):
        return len(live or ()) == len(wanted) and all(map(_contains, live, wanted))
    return bool(live == wanted)
