"""What we need of a cluster's API beside helm: small objects, pods and events that explain, addresses."""

from __future__ import annotations

import os
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import kr8s
from kr8s.asyncio import Api
from kr8s.asyncio import api as connect
from kr8s.asyncio.objects import APIObject, Event, Pod, Service, object_from_spec

from deployer.errors import KubernetesError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping, Sequence

# kr8s warns about clusters newer than its own tests; what is used here is in every version.
warnings.filterwarnings("ignore", message=".*is not supported. Supported versions for kr8s.*")

PRIVATE_FILE = 0o600


@dataclass(frozen=True)
class ClusterAccess:
    """How a cluster is reached: a kubeconfig file that only this user can read."""

    kubeconfig: Path

    async def api(self) -> Api:
        """Connect to the cluster's API."""
        return await connect(kubeconfig=str(self.kubeconfig))


@contextmanager
def private_kubeconfig(content: bytes) -> Iterator[ClusterAccess]:
    """Keep a kubeconfig in a private file for as long as the context lasts."""
    with TemporaryDirectory(prefix="binderhub-deployer-") as folder:
        path = Path(folder, "kubeconfig")
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        yield ClusterAccess(path)


async def ensure_object(api: Api, manifest: Mapping[str, Any]) -> bool:
    """Create an object or change it where it differs from the manifest.

    Returns:
        Whether anything was changed.

    Raises:
        KubernetesError: the cluster refused.

    """
    wanted = object_from_spec(dict(manifest), api=api)
    try:
        if await _is_created(wanted):
            return True
        live = await type(wanted).get(wanted.name, namespace=wanted.namespace, api=api)
        if _contains(live.raw, manifest):
            return False
        await live.patch(dict(manifest))
    except kr8s.ServerError as error:
        raise KubernetesError(
            f"The cluster refused {wanted.kind} {wanted.name}: {error}",
            suggestion="A policy of your organisation may forbid it: ask who manages the subscription.",
        ) from None
    return True


async def _is_created(wanted: APIObject) -> bool:
    """Create an object unless there is one by now: a new namespace is given an account by the cluster."""
    if await wanted.exists():
        return False
    try:
        await wanted.create()
    except kr8s.ServerError:
        if not await wanted.exists():
            raise
        return False
    return True


async def missing_objects(api: Api, manifests: Sequence[Mapping[str, Any]], namespace: str) -> list[str]:
    """Name the manifests' objects that are not in the cluster, as `Kind/name`."""
    kinds = {(kind["version"], kind["kind"]): kind for kind in await api.api_resources()}
    missing = []
    for manifest in manifests:
        kind = kinds.get((manifest["apiVersion"], manifest["kind"]))
        if kind is None or not await _is_there(api, kind, manifest, namespace):
            missing.append(f"{manifest['kind']}/{manifest['metadata']['name']}")
    return missing


async def _is_there(api: Api, kind: Mapping[str, Any], manifest: Mapping[str, Any], namespace: str) -> bool:
    metadata = manifest["metadata"]
    where = metadata.get("namespace", namespace) if kind["namespaced"] else None
    url = f"{kind['name']}/{metadata['name']}"
    async with api.call_api(
        "GET", version=kind["version"], url=url, namespace=where, raise_for_status=False
    ) as answer:
        return bool(answer.is_success)


def _contains(live: Any, wanted: Any) -> bool:
    """Whether all that is wanted is live; a cluster adds fields of its own and leaves out empty ones."""
    if wanted in ({}, [], None):
        return not live
    if isinstance(wanted, dict):
        return bool(live) and all(_contains(live.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list):
        return len(live or ()) == len(wanted) and all(map(_contains, live, wanted))
    return bool(live == wanted)


async def waiting_pods(api: Api, namespace: str) -> list[str]:
    """Say for each pod that is not ready which it is and why, as the cluster tells."""
    return [f"{pod.name}: {_reason(pod)}" async for pod in _pods(api, namespace) if not _is_ready(pod)]


async def _pods(api: Api, namespace: str) -> AsyncIterator[Pod]:
    async for pod in Pod.list(namespace=namespace, api=api):
        if isinstance(pod, Pod):
            yield pod


def _is_ready(pod: Pod) -> bool:
    if pod.raw["status"].get("phase") == "Succeeded":
        return True
    conditions = pod.raw["status"].get("conditions", [])
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)


def _reason(pod: Pod) -> str:
    """Pick the most telling of what a pod's status says."""
    status = pod.raw["status"]
    for container in [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]:
        state = container.get("state", {})
        waiting = state.get("waiting") or state.get("terminated")
        if waiting and waiting.get("reason") != "Completed":
            return ", ".join(filter(None, (waiting.get("reason"), waiting.get("message"))))
    for condition in status.get("conditions", []):
        if condition["status"] == "False" and condition.get("message"):
            return f"{condition.get('reason', condition['type'])}, {condition['message']}"
    return str(status.get("phase", "no status yet"))


async def service_address(api: Api, namespace: str, name: str) -> str | None:
    """Return the public address of a load balancer's Service, None while it has none.

    Raises:
        KubernetesError: there is no such Service.

    """
    try:
        found = await Service.get(name, namespace=namespace, api=api)
    except kr8s.NotFoundError:
        raise KubernetesError(
            f"The Service {name} is missing in the namespace {namespace}.",
            suggestion="Run deploy again: it puts back what is missing.",
            retryable=True,
        ) from None
    service: dict[str, Any] = found.raw
    addresses = service.get("status", {}).get("loadBalancer", {}).get("ingress", [])
    return addresses[0].get("ip") if addresses else None


async def warnings_about(api: Api, namespace: str, kind: str, name: str) -> list[str]:
    """Return the messages of the warning events about one object, the newest last."""
    selector = f"involvedObject.kind={kind},involvedObject.name={name},type=Warning"
    events = api.get(Event, namespace=namespace, field_selector=selector)
    return [event.raw["message"] async for event in events if isinstance(event, Event)]
