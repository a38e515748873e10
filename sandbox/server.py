"""Composes the sandbox: creates each part once and passes it to the parts that use it."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sys
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.azure.container_instances import Containers
from sandbox.azure.container_runtimes import CheckoutRuntime, ImageRuntime
from sandbox.azure.identity.directory import Directory
from sandbox.azure.identity.endpoints import LOGIN_HOST, METADATA_ADDRESS, LoginEndpoint, MetadataEndpoint
from sandbox.azure.resource_manager.app import SUBSCRIPTION_ID, ResourceManager
from sandbox.azure.storage.blob_stores import BlobStores
from sandbox.clock import Clock
from sandbox.clusters import programs
from sandbox.clusters.clusters import Clusters
from sandbox.control import ControlApp
from sandbox.hub.edge import Edge
from sandbox.hub.pod_network import PodNetwork
from sandbox.hub.registry_logins import RegistryLogins
from sandbox.internet import own_address
from sandbox.internet.certificate_authorities.authorities import CertificateAuthorities
from sandbox.internet.charts.hosts import available_charts, chart_digests, chart_hosts
from sandbox.internet.docker_hub import docker_hub_hosts
from sandbox.internet.github import RAW_HOST, raw_files
from sandbox.network.authority import CertificateAuthority
from sandbox.network.callers import CONTAINERS, LAPTOPS, ClientNetworks
from sandbox.network.dns import Dns
from sandbox.network.environment import network_environment
from sandbox.network.faults import Faults
from sandbox.network.hosts import Hosts
from sandbox.network.listener import CONTROL_HOST, Dispatcher, Listener
from sandbox.network.proxy import Clients, Proxy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.image.build import Image

CHECKOUT = Path(__file__).resolve().parent.parent
MANAGEMENT_HOST = "management.azure.com"
DESCRIPTION = "sandbox.json"
PRIVATE_DIRECTORY = 0o700


@dataclass(frozen=True)
class Options:
    """How a sandbox runs.

    Attributes:
        state_dir: what it keeps while it runs.
        time_scale: sandbox seconds for one second of Azure.
        charts: directory of packaged charts to serve; None for the sandbox's own.
        new_subscription: whether the subscription has registered no resource provider yet.
        image: what container groups run; None for the entrypoint of this checkout.

    """

    state_dir: Path
    time_scale: float
    charts: Path | None = None
    new_subscription: bool = False
    image: Image | None = None


class Sandbox:
    """Azure on this machine, from `start` to `close`.

    Args:
        options: how it runs.

    """

    def __init__(self, options: Options) -> None:
        self._options = options
        self._state_dir = options.state_dir.resolve()
        self._prepare_folder()
        self._clock = Clock(options.time_scale)
        self._dns = Dns()
        self._hosts = Hosts(self._dns)
        self._faults = Faults()
        self._directory = Directory()
        self._authority = CertificateAuthority(self._state_dir / "authority")
        control_plane, https = programs.build()
        self._charts = available_charts(options.charts, https.cert_manager_chart)
        self._authorities = CertificateAuthorities(
            https.pebble, self._state_dir / "certificate-authorities", self._authority
        )
        self._clusters = Clusters(
            state_dir=self._state_dir,
            programs=control_plane,
            authority=self._authority,
            hosts=self._hosts,
            clock=self._clock,
            https_programs=https,
            pod_environment=self._pod_environment,
        )
        self._pod_proxy_port = 0
        self._networks = ClientNetworks()
        self._containers = self._make_containers()
        self._blob_stores = self._make_blob_stores()
        self._resource_manager = ResourceManager(
            directory=self._directory,
            clock=self._clock,
            clusters=self._clusters,
            blob_stores=self._blob_stores,
            containers=self._containers,
            hosts=self._hosts,
            unregistered=None if options.new_subscription else (),
        )
        self._dns.delegate_to(self._resource_manager.name_server)
        self._edge = Edge(self._clusters, RegistryLogins(self._hosts.app_for), self._dns)
        self._stack = AsyncExitStack()
        self._sign_in()
        self._serve()

    def _make_containers(self) -> Containers:
        folder, image = self._state_dir / "containers", self._options.image
        runtime = (
            CheckoutRuntime(CHECKOUT, folder, self._networks.containers)
            if image is None
            else ImageRuntime(image, CHECKOUT, self._networks.containers)
        )
        return Containers(folder=folder, runtime=runtime)

    def _make_blob_stores(self) -> BlobStores:
        return BlobStores(
            folder=self._state_dir / "storage",
            authority=self._authority,
            hosts=self._hosts,
            directory=self._directory,
            # The resource manager, which knows the rights, needs the blob stores itself.
            authorise=lambda principal, account, container, write: self._resource_manager.rights.data_access(
                principal, account, container, write=write
            ),
            is_reachable=self._blobs_are_public,
        )

    async def start(self) -> None:
        """Listen, then write the description by which commands and tests reach the sandbox."""
        proxy = await self._listen()
        control = ControlApp(
            self._person,
            directory=self._directory,
            resource_manager=self._resource_manager,
            clusters=self._clusters,
            dns=self._dns,
            proxy=proxy,
            authorities=self._authorities,
            faults=self._faults,
            clock=self._clock,
        )
        self._hosts.serve(CONTROL_HOST, control.app)
        self._stack.push_async_callback(self._resource_manager.close)
        self._stack.push_async_callback(self._clusters.close)
        self._stack.push_async_callback(self._blob_stores.close)
        self._stack.push_async_callback(self._containers.close)
        self._describe()

    async def close(self) -> None:
        """End everything; nothing is left running."""
        (self._state_dir / DESCRIPTION).unlink(missing_ok=True)
        await self._stack.aclose()

    def _prepare_folder(self) -> None:
        """Remove what an earlier sandbox left: a new one begins empty, as a new subscription does."""
        for part in ("authority", "certificate-authorities", "clusters", "containers", "storage"):
            shutil.rmtree(self._state_dir / part, ignore_errors=True)
        self._state_dir.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
        (self._state_dir / "requests.jsonl").unlink(missing_ok=True)

    def _sign_in(self) -> None:
        """Add the person of the portal and the application of the shell, both Owners of the subscription."""
        self._person = self._directory.add_user("you@sandbox.example")
        self._application, self._secret = self._directory.add_service_principal("sandbox")
        for principal in (self._person, self._application):
            self._resource_manager.grant(principal, "Owner")

    def _serve(self) -> None:
        """Give each host name the application that answers it."""
        self._hosts.serve(MANAGEMENT_HOST, self._resource_manager.app)
        self._hosts.serve(METADATA_ADDRESS, MetadataEndpoint(self._directory, self._clock).app)
        login = LoginEndpoint(self._directory, self._resource_manager.federated_credentials)
        self._hosts.serve(LOGIN_HOST, login.app)
        self._hosts.serve("*.cloudapp.azure.com", self._edge)
        self._hosts.serve(RAW_HOST, raw_files(CHECKOUT))
        self._hosts.serve(own_address.HOST, own_address.own_address(self._networks.callers))
        for host, app in {**docker_hub_hosts(), **chart_hosts(self._charts)}.items():
            self._hosts.serve(host, app)

    async def _listen(self) -> Proxy:
        """Start the listeners and the proxy that leads to them."""
        dispatcher = Dispatcher(
            self._hosts, self._state_dir / "requests.jsonl", self._object_id, self._faults
        )
        ports = []
        for authority in (self._authority, None):
            listener = Listener(dispatcher, authority)
            ports.append(await listener.start())
            self._stack.push_async_callback(listener.close)
        proxy = self._proxy(ports, LAPTOPS)
        of_containers = self._proxy(ports, CONTAINERS)
        addresses = [f"http://127.0.0.1:{await self._started(each)}" for each in (proxy, of_containers)]
        pod_network = PodNetwork(self._clusters, self._edge.answers, proxy.port_of)
        self._pod_proxy_port = await pod_network.start()
        self._stack.push_async_callback(pod_network.close)
        self._stack.push_async_callback(self._authorities.close)
        roots = await self._authorities.start(self._hosts, dispatcher)
        trusted = self._state_dir / "authority" / "trusted.pem"
        trusted.write_bytes(self._authority.ca_file.read_bytes() + roots)
        digests = {"CHART_DIGESTS": chart_digests(self._charts)}
        networks = (self._networks.people, self._networks.containers)
        for network, address in zip(networks, addresses, strict=True):
            network.update({**network_environment(address, trusted), **digests})
        return proxy

    def _proxy(self, ports: Sequence[int], address: str) -> Proxy:
        """Return a proxy whose users have a public address."""
        patience = partial(self._clock.seconds, "connection.give_up")
        return Proxy(
            self._hosts,
            tls_port=ports[0],
            http_port=ports[1],
            program_port=self._edge.program_port,
            faults=self._faults,
            clients=Clients(address, self._networks.callers, patience, self._networks.refused),
        )

    async def _started(self, proxy: Proxy) -> int:
        port = await proxy.start()
        self._stack.push_async_callback(proxy.close)
        return port

    def _pod_environment(self, fqdn: str) -> dict[str, str]:
        """Return the variables of the network of a cluster's pods."""
        proxy = f"socks5://{fqdn}@127.0.0.1:{self._pod_proxy_port}"
        return network_environment(proxy, Path(self._networks.people["SSL_CERT_FILE"]))

    def _describe(self) -> None:
        description = {
            "pid": os.getpid(),
            "network": self._networks.people,
            "settings": {
                "SP_APP_ID": self._application.client_id,
                "SP_APP_KEY": self._secret,
                "SP_TENANT_ID": self._directory.tenant_id,
                "AZURE_SUBSCRIPTION": SUBSCRIPTION_ID,
            },
        }
        path = self._state_dir / DESCRIPTION
        # Clients wait for this file: it appears whole, by renaming.
        unfinished = path.with_suffix(f".{secrets.token_hex(4)}")
        unfinished.touch(mode=0o600)
        unfinished.write_text(json.dumps(description, indent=2), encoding="utf-8")
        unfinished.replace(path)
        sys.stdout.flush()

    def _blobs_are_public(self, account: str) -> bool:
        return self._resource_manager.blobs_are_public(account)

    def _object_id(self, token: str) -> str | None:
        principal = self._directory.principal_of(token)
        return principal.object_id if principal else None
