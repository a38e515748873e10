"""What we ask a cluster's API beside helm: pods and events that explain, addresses and who has them."""

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
from kr8s.asyncio.objects import Event, Pod, Service

from deployer.errors import KubernetesError
from deployer.objects import list_objects

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping, Sequence

# kr8s warns about clusters newer than its own tests; what is used here is in every version.
warnings.filterwarnings("ignore", message=".*is not supported. Supported versions for kr8s.*")

PRIVATE_FILE = 0o600
DNS_LABEL = "service.beta.kubernetes.io/azure-dns-label-name"


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


@dataclass(frozen=True)
class ClusterWarning:
    """A warning of the cluster's about one object.

    Attributes:
        message: what it says.
        sign: changes when the cluster says it once more.

    """

    message: str
    sign: str


async def warnings_about(api: Api, namespace: str, kind: str, name: str) -> list[ClusterWarning]:
    """Return the warning events about one object, the newest last."""
    selector = f"involvedObject.kind={kind},involvedObject.name={name},type=Warning"
    events = api.get(Event, namespace=namespace, field_selector=selector)
    listed: list[dict[str, Any]] = [event.raw async for event in events if isinstance(event, Event)]
    found = sorted(listed, key=_last_seen)
    return [ClusterWarning(event["message"], f"{_last_seen(event)}/{event.get('count')}") for event in found]


def _last_seen(event: Mapping[str, Any]) -> str:
    return str(event.get("lastTimestamp") or event.get("eventTime") or event["metadata"]["creationTimestamp"])


async def holders_of_label(api: Api, label: str) -> list[str]:
    """Name the cluster's Services that have, want or are giving back a DNS label of Azure's.

    A Service that is no load balancer any more keeps its address, and with it the label, until the cloud has
    taken both away.
    """
    holders = []
    for service in await list_objects(api, "v1", "Service"):
        metadata = service["metadata"]
        wants = service["spec"].get("type") == "LoadBalancer"
        has = bool(service.get("status", {}).get("loadBalancer", {}).get("ingress"))
        if (wants and metadata.get("annotations", {}).get(DNS_LABEL) == label) or (has and not wants):
            holders.append(f"{metadata['namespace']}/{metadata['name']}")
    return holders
