"""A cluster with our charts of Traefik and cert-manager in it, and issuers as a hub has them."""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from cryptography import x509

from deployer.helm.binary import find_helm
from sandbox.clock import Clock
from sandbox.clusters.clusters import Clusters
from sandbox.clusters.programs import locate
from sandbox.clusters.spec import ClusterSpec, NodePool
from sandbox.internet.certificate_authorities.authorities import (
    LETSENCRYPT,
    LETSENCRYPT_STAGING,
    ZEROSSL,
    CertificateAuthorities,
)
from sandbox.internet.charts.packages import OWN_CHARTS
from sandbox.network.authority import CertificateAuthority
from sandbox.network.hosts import Hosts
from tests.kubeconfigs import kubeconfig_by_address
from tests.sandbox.charts.release_values import VALUES
from tests.sandbox.clusters.workloads.cert_manager.solver_face import SolverFace

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    import httpx

    from sandbox.clusters.cluster import Cluster
    from sandbox.internet.certificate_authorities.authority import AcmeAuthority

PATIENCE_SECONDS = 30
POLL_SECONDS = 0.05
CORE = {"hub.jupyter.org/node-purpose": "core"}
POOL = NodePool("system", "System", "Standard_D2s_v5", 1, 1, 1, autoscaling=False, labels=CORE, taints=())
SPEC = ClusterSpec("certs", "certs-dns.hcp.westeurope.azmk8s.io", "westeurope", "1.36.3", (POOL,))
MERGE_PATCH = {"Content-Type": "application/merge-patch+json"}
SERVERS = {"letsencrypt": LETSENCRYPT, "letsencrypt-staging": LETSENCRYPT_STAGING, "zerossl": ZEROSSL}

Object = dict[str, Any]


@dataclass(frozen=True)
class Hub:
    """The namespace of one hub, and its two public names."""

    certs: Certs
    namespace: str

    @property
    def names(self) -> list[str]:
        return [
            f"{label}.westeurope.cloudapp.azure.com" for label in (self.namespace, f"{self.namespace}-hub")
        ]

    def certificate(self, issuer: str = "letsencrypt", **spec: Any) -> Object:
        """Return a Certificate as a hub asks for it."""
        return {
            "apiVersion": "cert-manager.io/v1",
            "kind": "Certificate",
            "metadata": {"name": "binderhub", "namespace": self.namespace},
            "spec": {
                "secretName": "binderhub-tls",
                "dnsNames": self.names,
                "issuerRef": {"name": issuer, "kind": "ClusterIssuer"},
                **spec,
            },
        }

    async def apply(self, manifest: Object) -> httpx.Response:
        """Apply a manifest of cert-manager's as the deployer does, by server-side apply."""
        return await self.certs.apply(manifest)

    async def ask_for(self, issuer: str = "letsencrypt", **spec: Any) -> None:
        (await self.apply(self.certificate(issuer, **spec))).raise_for_status()

    async def get(self) -> Object:
        path = f"/apis/cert-manager.io/v1/namespaces/{self.namespace}/certificates/binderhub"
        return await self.certs.get(path)

    async def all(self, plural: str) -> list[Object]:
        group = "cert-manager.io" if plural == "certificaterequests" else "acme.cert-manager.io"
        listed = await self.certs.get(f"/apis/{group}/v1/namespaces/{self.namespace}/{plural}")
        return list(listed["items"])

    async def until(self, holds: Callable[[Object], bool]) -> Object:
        """Return the Certificate once something holds of it."""
        return dict(await self.certs.until(self.get, holds))

    async def until_issued(self, revision: int = 1) -> Object:
        return await self.until(lambda found: is_issued(found, revision))

    async def until_failed(self) -> Object:
        return await self.until(lambda found: condition(found, "Issuing").get("status") == "False")

    async def until_challenged(self, text: str) -> Object:
        """Return a challenge once one says something."""

        async def challenges() -> list[Object]:
            return [
                one for one in await self.all("challenges") if text in one.get("status", {}).get("reason", "")
            ]

        return dict((await self.certs.until(challenges, bool))[0])

    async def secret(self) -> dict[str, bytes]:
        found = await self.certs.get(f"/api/v1/namespaces/{self.namespace}/secrets/binderhub-tls")
        assert found["type"] == "kubernetes.io/tls"
        return {key: base64.b64decode(value) for key, value in found["data"].items()}

    async def chain(self) -> list[x509.Certificate]:
        return x509.load_pem_x509_certificates((await self.secret())["tls.crt"])


@dataclass(frozen=True)
class Certs:
    """A cluster that makes certificates."""

    cluster: Cluster
    authorities: CertificateAuthorities
    face: SolverFace
    ca_file: Path
    numbers: count[int]

    async def get(self, path: str) -> Object:
        return dict((await self.cluster.api.get(path)).raise_for_status().json())

    async def apply(self, manifest: Object) -> httpx.Response:
        metadata, kind = manifest["metadata"], f"{manifest['kind'].lower()}s"
        prefix = "/api/" if manifest["apiVersion"] == "v1" else "/apis/"
        namespace = f"/namespaces/{metadata['namespace']}" if "namespace" in metadata else ""
        path = f"{prefix}{manifest['apiVersion']}{namespace}/{kind}/{metadata['name']}"
        return await self.cluster.api.patch(
            path,
            params={"fieldManager": "deployer", "force": "true", "fieldValidation": "Strict"},
            content=json.dumps(manifest),
            headers={"Content-Type": "application/apply-patch+yaml"},
        )

    async def merge(self, path: str, change: Object) -> None:
        answer = await self.cluster.api.patch(path, content=json.dumps(change), headers=MERGE_PATCH)
        answer.raise_for_status()

    async def new_hub(self) -> Hub:
        name = f"hub-{next(self.numbers)}"
        await self.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        return Hub(self, name)

    def authority(self, name: str) -> AcmeAuthority:
        return self.authorities.named(name)

    async def until(self, look: Callable[[], Awaitable[Any]], holds: Callable[[Any], bool]) -> Any:
        """Look until something holds, or for too long."""
        for _ in range(int(PATIENCE_SECONDS / POLL_SECONDS)):
            if holds(found := await look()):
                return found
            await asyncio.sleep(POLL_SECONDS)
        raise AssertionError(f"still not so after {PATIENCE_SECONDS} s: {json.dumps(found, indent=1)}")

    async def until_issuer(self, name: str, status: str) -> Object:
        """Return the condition Ready of an issuer once it is True or False."""

        async def look() -> Object:
            return condition(await self.get(f"/apis/cert-manager.io/v1/clusterissuers/{name}"), "Ready")

        return dict(await self.until(look, lambda found: found.get("status") == status))

    async def settle(self) -> None:
        """Return once cert-manager has looked at every Certificate after now."""
        other = await self.new_hub()
        await other.ask_for("nowhere", privateKey={"algorithm": "ECDSA"})
        await self.until(lambda: other.all("certificaterequests"), bool)


def condition(item: Object, kind: str) -> Object:
    """Return an object's condition, empty where it has none."""
    found = item.get("status", {}).get("conditions", [])
    return next((one for one in found if one["type"] == kind), {})


def is_issued(certificate: Object, revision: int) -> bool:
    ready = condition(certificate, "Ready").get("status") == "True"
    return (
        ready and certificate["status"].get("revision") == revision and not condition(certificate, "Issuing")
    )


def cluster_issuer(name: str, server: str, **acme: Any) -> Object:
    """Return an ACME issuer that solves by HTTP-01 through Traefik."""
    return {
        "apiVersion": "cert-manager.io/v1",
        "kind": "ClusterIssuer",
        "metadata": {"name": name},
        "spec": {
            "acme": {
                "server": server,
                "email": "ada@example.org",
                "privateKeySecretRef": {"name": f"{name}-account"},
                "solvers": [{"http01": {"ingress": {"ingressClassName": "traefik"}}}],
                **acme,
            }
        },
    }


def external_account(secret: str, key_id: str) -> Object:
    return {"externalAccountBinding": {"keyID": key_id, "keySecretRef": {"name": secret, "key": "secret"}}}


def account_secret(name: str, key: bytes) -> Object:
    text = base64.urlsafe_b64encode(key).decode().rstrip("=")
    metadata = {"name": name, "namespace": "cert-manager"}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"secret": text}}


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def certs(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Certs]:
    programs = locate()
    if programs is None or find_helm() is None:
        pytest.skip("the control plane's programs or helm are not here (`make test` gets them)")
    folder = tmp_path_factory.mktemp("cert-manager")
    authority, hosts, face = CertificateAuthority(folder), Hosts(), SolverFace()
    hosts.serve("*.cloudapp.azure.com", face)
    authorities = CertificateAuthorities(authority, hosts.app_for)
    clusters = Clusters(
        state_dir=folder,
        programs=programs,
        authority=authority,
        hosts=hosts,
        clock=Clock(0.01),
        authorities=authorities,
    )
    try:
        face.cluster = await clusters.create(SPEC)
        made = Certs(face.cluster, authorities, face, authority.ca_file, count(1))
        kubeconfig = kubeconfig_by_address(face.cluster, folder)
        await asyncio.gather(
            _install("traefik", "ingress", kubeconfig), _install("cert-manager", "cert-manager", kubeconfig)
        )
        await _add_issuers(made)
        yield made
    finally:
        await clusters.close()


@pytest.fixture
def refusing(certs: Certs) -> Any:
    """Let authorities refuse for the time of a test."""

    def refuse(name: str, refusal: Any) -> AcmeAuthority:
        certs.authority(name).refusal = refusal
        return certs.authority(name)

    yield refuse
    for name in SERVERS:
        certs.authority(name).refusal = None


@pytest_asyncio.fixture(loop_scope="session")
async def hub(certs: Certs) -> AsyncIterator[Hub]:
    """A hub of the test's own; its Certificate does not outlive it."""
    made = await certs.new_hub()
    yield made
    await certs.cluster.api.delete(f"/api/v1/namespaces/{made.namespace}")


async def _install(chart: str, release: str, kubeconfig: Path) -> None:
    helm = find_helm()
    assert helm is not None
    process = await asyncio.create_subprocess_exec(
        helm,
        *("install", release, str(OWN_CHARTS / chart), "--namespace", release, "--create-namespace"),
        *("--kubeconfig", str(kubeconfig), "--values", "-", "--wait"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate(json.dumps(VALUES[chart]).encode())
    assert process.returncode == 0, output.decode()


async def _add_issuers(certs: Certs) -> None:
    """Apply the issuers of a hub; the webhook takes some seconds before it lets anything in."""
    external = certs.authority("zerossl").add_external_account()
    (await certs.apply(account_secret("zerossl-account-key", external.key))).raise_for_status()
    for name, server in SERVERS.items():
        binding = external_account("zerossl-account-key", external.key_id) if name == "zerossl" else {}
        issuer = cluster_issuer(name, server, **binding)

        async def look(manifest: Object = issuer) -> bool:
            return (await certs.apply(manifest)).is_success

        await certs.until(look, bool)
        await certs.until_issuer(name, "True")
