"""Cluster queries that Helm does not cover: missing objects, addresses of Services, owners of DNS labels."""

from __future__ import annotations

import asyncio
import warnings
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from deployer.errors import KubernetesError
from deployer.kubernetes.kubeconfig import with_files
from deployer.kubernetes.objects import ObjectName, find_object, list_objects
from deployer.kubernetes.requests import ANSWER_LIMIT, RETRY_LIMIT, RefusedError, fetch, send
from deployer.private_files import private_folder, write_private_file
from deployer.quoting import GUARD

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from kr8s.asyncio import Api

# kr8s warns about clusters that are newer than its tests; the requests made here exist in every version.
warnings.filterwarnings("ignore", message=".*is not supported. Supported versions for kr8s.*")

# For a connection to an API server that does not answer everybody: most likely it never will. Seconds.
FILTERED_LIMIT = 5.0

DNS_LABEL = "service.beta.kubernetes.io/azure-dns-label-name"


class ClusterAccess:
    """Access to a cluster, for one run.

    Args:
        kubeconfig: file that only this user can read.
        ranges: the only addresses that the API server answers, in CIDR notation; none if it answers all.

    """

    def __init__(self, kubeconfig: Path, ranges: Sequence[str] = ()) -> None:
        self.kubeconfig = kubeconfig
        self._ranges = ranges
        self._connecting = asyncio.Lock()
        self._api: Api | None = None

    async def api(self) -> Api:
        """Return the API of the cluster, to which the first call connects.

        Raises:
            KubernetesError: it cannot be reached, or refuses the connection.

        """
        async with self._connecting:
            if self._api is None:
                self._api = await self._connect()
        return self._api

    async def _connect(self) -> Api:
        from kr8s.asyncio import api as connect

        async def connected() -> Api:
            # kr8s asks for the version of the cluster before a limit can be set on its client.
            async with asyncio.timeout(ANSWER_LIMIT):
                return await connect(kubeconfig=str(self.kubeconfig))

        try:
            api = await send(connected, FILTERED_LIMIT if self._ranges else RETRY_LIMIT)
        except RefusedError as refused:
            raise KubernetesError(f"The cluster refused the connection: {refused}", retryable=True) from None
        except KubernetesError:
            if self._ranges:
                raise _not_answered(self._ranges) from None
            raise
        api.timeout = ANSWER_LIMIT
        return api


def _not_answered(ranges: Sequence[str]) -> KubernetesError:
    return KubernetesError(
        f"The Kubernetes API does not answer this machine: it answers its authorised ranges alone "
        f"({', '.join(ranges)}).",
        suggestion="Run this from one of them. Or add the address of this machine for a while: portal, the "
        "cluster, Networking.",
    )


@contextmanager
def private_kubeconfig(content: bytes, ranges: Sequence[str] = ()) -> Iterator[ClusterAccess]:
    """Write a kubeconfig and its keys into a private folder, which is removed at the end of the context.

    Args:
        content: the kubeconfig.
        ranges: the only addresses that the API server answers; none if it answers all.

    """
    with private_folder() as folder:
        path = folder / "kubeconfig"
        write_private_file(path, with_files(content, folder))
        yield ClusterAccess(path, ranges)


async def missing_objects(api: Api, manifests: Sequence[Mapping[str, Any]], namespace: str) -> list[str]:
    """Return the objects of the manifests that are not in the cluster, as `Kind/name`.

    Args:
        api: the cluster's API.
        manifests: as helm renders them; objects of the release's namespace need not name it.
        namespace: of the release.

    """
    kinds = {(kind["version"], kind["kind"]): kind for kind in await send(api.api_resources)}
    missing = []
    for manifest in manifests:
        kind = kinds.get((manifest["apiVersion"], manifest["kind"]))
        if kind is None or not await _exists(api, kind, manifest, namespace):
            missing.append(f"{manifest['kind']}/{manifest['metadata']['name']}")
    return missing


async def _exists(api: Api, kind: Mapping[str, Any], manifest: Mapping[str, Any], namespace: str) -> bool:
    name = str(manifest["metadata"]["name"])
    where = manifest["metadata"].get("namespace", namespace) if kind["namespaced"] else None
    try:
        await send(lambda: fetch(api, kind["version"], f"{kind['name']}/{name}", where))
    except RefusedError as refused:
        if refused.status == HTTPStatus.NOT_FOUND:
            return False
        why = GUARD.published(str(refused)) if GUARD.watches else str(refused)
        shown = GUARD.published_name(name)
        raise KubernetesError(f"The cluster refused to show {kind['kind']} {shown}: {why}") from None
    return True


async def service_address(api: Api, namespace: str, name: str) -> str | None:
    """Return the public address of a Service of type LoadBalancer, None while it has none.

    Raises:
        KubernetesError: there is no such Service.

    """
    service = await find_object(api, ObjectName("v1", "Service", name, namespace))
    if service is None:
        raise KubernetesError(
            f"The Service {name} is missing in the namespace {namespace}.",
            suggestion="Run deploy again: it creates what is missing.",
            retryable=True,
        )
    addresses = service.get("status", {}).get("loadBalancer", {}).get("ingress", [])
    return addresses[0].get("ip") if addresses else None


async def holders_of_label(api: Api, label: str) -> list[str]:
    """Return the Services that hold, request or are giving up a DNS label.

    A Service that is no longer of type LoadBalancer keeps its address and the label until the cloud has
    released both.
    """
    holders = []
    for service in await list_objects(api, "v1", "Service"):
        metadata = service["metadata"]
        wants = service["spec"].get("type") == "LoadBalancer"
        has = bool(service.get("status", {}).get("loadBalancer", {}).get("ingress"))
        if (wants and metadata.get("annotations", {}).get(DNS_LABEL) == label) or (has and not wants):
            holders.append(f"{metadata['namespace']}/{metadata['name']}")
    return holders
