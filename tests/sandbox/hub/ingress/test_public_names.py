"""What visitors meet at the hub's names, while real objects come and go in a real cluster."""

from __future__ import annotations

import ssl
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import trustme
from cryptography import x509

from sandbox.clusters.workloads.load_balancers import LABEL
from sandbox.visitor.portal import Portal
from tests.sandbox.hub.ingress.conftest import REGION, eventually, objects

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sandbox.hub.ingress.conftest import PublicHub

BINDER, HUB = f"routed.{REGION}.cloudapp.azure.com", f"routed-hub.{REGION}.cloudapp.azure.com"
OWN = "binder.example.org"
CHALLENGE = f"http://{OWN}/.well-known/acme-challenge/a-token"
DNS_API = "2018-05-01"
LOST, REFUSED = 502, 403


class Authority:
    """A certificate authority that nobody but these tests knows."""

    def __init__(self) -> None:
        self._ca = trustme.CA()

    @property
    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cadata=self._ca.cert_pem.bytes().decode())

    def secret(self, *hosts: str) -> dict[str, Any]:
        """Return the Secret that the Ingresses name, with a new certificate for these hosts."""
        issued = self._ca.issue_cert(*hosts)
        chain = b"".join(pem.bytes() for pem in issued.cert_chain_pems)
        contents = {"tls.crt": chain, "tls.key": issued.private_key_pem.bytes()}
        return {
            "apiVersion": "v1",
            "kind": "Secret",
            "type": "kubernetes.io/tls",
            "metadata": {"name": "binderhub-tls", "namespace": "routed"},
            "data": {name: b64encode(content).decode() for name, content in contents.items()},
        }


@pytest.fixture
def authority(public_hub: PublicHub) -> Iterator[Authority]:
    """Return an authority whose certificate is gone from the cluster afterwards."""
    made = Authority()
    yield made
    public_hub.remove(made.secret("nobody.example"))


@pytest.fixture
def own_domain(public_hub: PublicHub) -> Iterator[str]:
    """Let the own domain's name lead to the hub, by a DNS server that is not Azure's."""
    public_hub.sandbox.ask("PUT", f"/dns-records/{OWN}", {"cname": f"{BINDER}."})
    yield OWN
    public_hub.sandbox.ask("DELETE", f"/dns-records/{OWN}")


def common_name(certificate: x509.Certificate) -> str:
    (name,) = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(name.value)


def test_without_a_secret_traefik_shows_its_own_certificate(public_hub: PublicHub) -> None:
    assert common_name(public_hub.certificate(BINDER)) == "TRAEFIK DEFAULT CERT"
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        public_hub.visit(f"https://{BINDER}/versions", trust=Authority().trust)


def test_the_secrets_certificate_is_shown_as_soon_as_it_is_there(
    public_hub: PublicHub, authority: Authority
) -> None:
    public_hub.apply(authority.secret(BINDER, HUB))
    versions = public_hub.visit(f"https://{BINDER}/versions", trust=authority.trust)
    hub = public_hub.visit(f"https://{HUB}/hub/api", trust=authority.trust)
    assert versions.json()["binderhub"] == "1.2.3"
    assert "version" in hub.json()


def test_a_renewed_certificate_takes_the_place_of_the_old_one(
    public_hub: PublicHub, authority: Authority
) -> None:
    public_hub.apply(authority.secret(BINDER))
    first = public_hub.certificate(BINDER)
    public_hub.apply(authority.secret(BINDER))
    second = public_hub.certificate(BINDER)
    assert first.serial_number != second.serial_number


def test_a_certificate_for_other_names_is_not_shown(public_hub: PublicHub, authority: Authority) -> None:
    public_hub.apply(authority.secret(HUB))
    assert common_name(public_hub.certificate(BINDER)) == "TRAEFIK DEFAULT CERT"


@pytest.mark.parametrize(("method", "status"), [("GET", 301), ("HEAD", 308)])
def test_plain_http_is_sent_to_https(public_hub: PublicHub, method: str, status: int) -> None:
    answer = public_hub.visit(f"http://{BINDER}/v2/gh/a/b?urlpath=lab", method)
    assert answer.status_code == status
    assert answer.headers["location"] == f"https://{BINDER}/v2/gh/a/b?urlpath=lab"


def test_binderhub_finds_the_hub_that_visitors_are_sent_to(public_hub: PublicHub) -> None:
    assert public_hub.visit(f"https://{BINDER}/health").json()["ok"] is True
    ingress = "/apis/networking.k8s.io/v1/namespaces/routed/ingresses/jupyterhub"
    public_hub.api.delete(ingress)
    failing = public_hub.visit(f"https://{BINDER}/health").json()["checks"]
    public_hub.apply(*objects("hub.yaml"))
    assert [check["service"] for check in failing if not check["ok"]] == ["JupyterHub API"]


def test_a_name_without_an_ingress_is_not_found(public_hub: PublicHub) -> None:
    public_hub.sandbox.ask("PUT", "/dns-records/other.example.org", {"cname": BINDER})
    answer = public_hub.visit("https://other.example.org/")
    public_hub.sandbox.ask("DELETE", "/dns-records/other.example.org")
    assert (answer.status_code, answer.text) == (404, "404 page not found\n")


def test_a_backend_without_a_ready_pod_is_unavailable(public_hub: PublicHub) -> None:
    scale = "/apis/apps/v1/namespaces/routed/deployments/binder/scale"
    merge = {"Content-Type": "application/merge-patch+json"}
    for replicas, status in ((0, 503), (1, 200)):
        public_hub.api.patch(scale, json={"spec": {"replicas": replicas}}, headers=merge).raise_for_status()
        assert eventually(lambda: public_hub.status(f"https://{BINDER}/versions"), status) == status


def test_an_ingress_of_another_class_is_not_served(public_hub: PublicHub) -> None:
    (ingress,) = [
        each
        for each in objects("hub.yaml")
        if (each["kind"], each["metadata"]["name"]) == ("Ingress", "binder")
    ]
    public_hub.apply({**ingress, "spec": {**ingress["spec"], "ingressClassName": "nginx"}})
    status = public_hub.status(f"https://{BINDER}/versions")
    public_hub.apply(ingress)
    assert status == 404
    assert public_hub.status(f"https://{BINDER}/versions") == 200


def test_a_challenge_is_answered_over_plain_http_while_its_solver_runs(
    public_hub: PublicHub, own_domain: str
) -> None:
    solver = objects("solver.yaml")
    assert public_hub.status(CHALLENGE) == 301
    public_hub.apply(*solver)
    assert eventually(lambda: public_hub.status(CHALLENGE), 200) == 200
    answer = public_hub.visit(CHALLENGE)
    assert (answer.text, answer.headers["content-type"]) == (
        "a-token.of-an-account",
        "text/plain; charset=utf-8",
    )
    assert public_hub.status(f"http://{own_domain}/.well-known/acme-challenge/another") == 301
    public_hub.remove(*solver)
    assert public_hub.status(CHALLENGE) == 301


def test_a_service_that_is_no_load_balancer_has_no_name(public_hub: PublicHub) -> None:
    assert public_hub.status(f"https://routed-direct.{REGION}.cloudapp.azure.com/versions") == LOST
    assert public_hub.status(f"http://routed-direct.{REGION}.cloudapp.azure.com/versions") == LOST


def test_a_plain_hub_has_no_https(public_hub: PublicHub) -> None:
    name = f"routed-plain.{REGION}.cloudapp.azure.com"
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "plain", "namespace": "routed", "annotations": {LABEL: "routed-plain"}},
        "spec": {"type": "LoadBalancer", "selector": {"component": "binder"}, "ports": [{"port": 80}]},
    }
    public_hub.apply(service)
    assert eventually(lambda: public_hub.status(f"http://{name}/versions"), 200) == 200
    assert public_hub.status(f"https://{name}/versions") == 504
    public_hub.remove(service)


def test_an_own_domain_leads_to_the_hub_while_its_record_is_there(public_hub: PublicHub) -> None:
    assert public_hub.status(f"https://{OWN}/versions") == REFUSED
    public_hub.sandbox.ask("PUT", f"/dns-records/{OWN}", {"cname": BINDER})
    assert public_hub.status(f"https://{OWN}/versions") == 200
    public_hub.sandbox.ask("DELETE", f"/dns-records/{OWN}")
    assert public_hub.status(f"https://{OWN}/versions") == REFUSED
    assert public_hub.status(f"http://{OWN}/versions") == REFUSED


def test_an_own_domain_has_a_certificate_of_its_own(
    public_hub: PublicHub, own_domain: str, authority: Authority
) -> None:
    public_hub.apply(authority.secret(own_domain))
    answer = public_hub.visit(f"https://{own_domain}/versions", trust=authority.trust)
    assert answer.status_code == 200


def test_a_zone_of_azure_dns_resolves_by_itself(public_hub: PublicHub) -> None:
    sandbox, portal = public_hub.sandbox, Portal(public_hub.sandbox)
    group = f"/subscriptions/{sandbox.settings['AZURE_SUBSCRIPTION']}/resourceGroups/routed"
    zone = f"{group}/providers/Microsoft.Network/dnsZones/example.org"
    portal.arm("PUT", zone, DNS_API, {"location": "global", "properties": {}})
    record = f"{zone}/CNAME/binder"
    portal.arm("PUT", record, DNS_API, {"properties": {"TTL": 60, "CNAMERecord": {"cname": BINDER}}})
    assert public_hub.status(f"https://{OWN}/versions") == 200
    with pytest.raises(httpx.HTTPStatusError, match="409"):
        sandbox.ask("PUT", f"/dns-records/{OWN}", {"cname": BINDER})
    portal.arm("DELETE", record, DNS_API)
    assert public_hub.status(f"https://{OWN}/versions") == REFUSED
    portal.arm("DELETE", zone, DNS_API)


def test_middlewares_of_an_entry_point_add_headers_to_what_is_routed_there(public_hub: PublicHub) -> None:
    header = "Strict-Transport-Security"
    assert public_hub.visit(f"https://{BINDER}/health").headers[header] == "max-age=3600"
    assert public_hub.visit(f"https://{HUB}/no/such/page").headers[header] == "max-age=3600"
    assert header not in public_hub.visit(f"http://{BINDER}/health").headers


def test_an_entry_point_with_a_middleware_that_there_is_not_routes_nothing(public_hub: PublicHub) -> None:
    (declared,) = (each for each in objects("hub.yaml") if each["kind"] == "ConfigMap")
    try:
        public_hub.apply({**declared, "data": {"config.yml": "http: {}"}})
        assert public_hub.status(f"https://{BINDER}/health") == 404
    finally:
        public_hub.apply(declared)
