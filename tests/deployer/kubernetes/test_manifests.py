"""The hub's namespace: what other people's code may reach there."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from pydantic import SecretStr

from deployer.certificates.authorities import LETSENCRYPT, ZEROSSL, AccountBinding
from deployer.certificates.manifests import render_account_binding, render_certificate, render_issuer
from deployer.kubernetes.manifests import render_namespace
from tests.deployer.hubs import OWN_DOMAIN, names_of


@pytest.fixture
def manifests() -> dict[str, dict[str, Any]]:
    return {manifest["kind"]: manifest for manifest in render_namespace(names_of())}


def test_everything_is_in_the_hubs_namespace(manifests: dict[str, dict[str, Any]]) -> None:
    assert manifests.pop("Namespace")["metadata"]["name"] == "our-hub"
    assert {manifest["metadata"]["namespace"] for manifest in manifests.values()} == {"our-hub"}


def test_the_namespace_comes_first() -> None:
    assert render_namespace(names_of())[0]["kind"] == "Namespace"


def test_build_pods_get_no_token(manifests: dict[str, dict[str, Any]]) -> None:
    account = manifests["ServiceAccount"]
    assert account["metadata"]["name"] == "default"
    assert account["automountServiceAccountToken"] is False


def test_user_pods_build_pods_and_the_builder_are_fenced(manifests: dict[str, dict[str, Any]]) -> None:
    spec = manifests["NetworkPolicy"]["spec"]
    (selected,) = spec["podSelector"]["matchExpressions"]
    assert set(selected["values"]) == {"singleuser-server", "binderhub-build", "image-builder"}
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    assert spec["ingress"] == []


@pytest.mark.parametrize(
    ("address", "reachable"),
    [
        ("140.82.121.4", True),  # github.com
        ("169.254.169.254", False),  # the virtual machine's metadata
        ("168.63.129.16", False),  # Azure's channel to the virtual machine
        ("10.0.0.1", False),
        ("172.31.1.1", False),
        ("192.168.1.1", False),
    ],
)
def test_the_fence_leads_to_the_internet_only(
    manifests: dict[str, dict[str, Any]],
    address: str,
    reachable: bool,  # noqa: FBT001
) -> None:
    blocks = [
        to["ipBlock"]
        for rule in manifests["NetworkPolicy"]["spec"]["egress"]
        for to in rule["to"]
        if "ipBlock" in to
    ]
    (block,) = blocks
    inside = ip_address(address) in ip_network(block["cidr"])
    excepted = any(ip_address(address) in ip_network(network) for network in block["except"])
    assert (inside and not excepted) is reachable


def test_names_are_resolved_by_the_clusters_own_pods(manifests: dict[str, dict[str, Any]]) -> None:
    dns = manifests["NetworkPolicy"]["spec"]["egress"][0]
    assert dns["to"] == [
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}
    ]
    assert {(port["port"], port["protocol"]) for port in dns["ports"]} == {(53, "UDP"), (53, "TCP")}


def test_both_names_stand_in_one_certificate_which_fills_the_ingresses_secret() -> None:
    spec = render_certificate(names_of(**OWN_DOMAIN), LETSENCRYPT)["spec"]
    assert spec == {
        "secretName": "binderhub-tls",
        "dnsNames": ["binder.hub.example.org", "hub.hub.example.org"],
        "issuerRef": {"group": "cert-manager.io", "kind": "ClusterIssuer", "name": "letsencrypt"},
    }


def test_an_account_that_needs_no_binding_names_none() -> None:
    acme = render_issuer(LETSENCRYPT, "admin@example.org")["spec"]["acme"]
    assert acme["server"] == "https://acme-v02.api.letsencrypt.org/directory"
    assert acme["email"] == "admin@example.org"
    assert acme["solvers"] == [{"http01": {"ingress": {"ingressClassName": "traefik"}}}]
    assert "externalAccountBinding" not in acme


def test_an_accounts_binding_refers_to_the_secret_that_keeps_it() -> None:
    secret = render_account_binding(AccountBinding("key-1", SecretStr("canary: {}")))
    binding = render_issuer(ZEROSSL, "admin@example.org", "key-1")["spec"]["acme"]["externalAccountBinding"]
    assert binding["keyID"] == secret["stringData"]["keyId"] == "key-1"
    assert secret["stringData"][binding["keySecretRef"]["key"]] == "canary: {}"
    assert secret["metadata"]["name"] == binding["keySecretRef"]["name"]
    assert secret["metadata"]["namespace"] == "cert-manager"
