"""Our charts of Traefik and cert-manager: what they take, what they refuse, and what they make of it."""

from __future__ import annotations

import json
import subprocess
from copy import deepcopy
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from deployer.helm.binary import find_helm
from sandbox.internet.charts.packages import OWN_CHARTS
from tests.deployer.chart_schemas import FOLDER as OFFICIAL_SCHEMAS
from tests.sandbox.charts.release_values import LABEL, TRAEFIK, VALUES

Objects = dict[tuple[str, str], dict[str, Any]]

RELEASES = {"traefik": "ingress", "cert-manager": "cert-manager"}


def schema(chart: str) -> Draft7Validator:
    return Draft7Validator(json.loads((OWN_CHARTS / chart / "values.schema.json").read_text()))


def helm(chart: str, values: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    """Render a chart under its release's name, in the namespace of that name."""
    binary = find_helm()
    if binary is None:
        pytest.skip("helm is not here (`make test` fetches it)")
    release = RELEASES[chart]
    command = [str(binary), "template", release, str(OWN_CHARTS / chart), "--namespace", release]
    return subprocess.run(
        [*command, "--values", "-"], input=json.dumps(values), capture_output=True, text=True, check=False
    )


def render(chart: str, values: dict[str, Any] | None = None) -> Objects:
    rendered = helm(chart, VALUES[chart] if values is None else values)
    assert rendered.returncode == 0, rendered.stderr
    documents = [document for document in yaml.safe_load_all(rendered.stdout) if document]
    return {(document["kind"], document["metadata"]["name"]): document for document in documents}


def ports(service: dict[str, Any]) -> dict[str, int]:
    return {port["name"]: port["port"] for port in service["spec"]["ports"]}


@pytest.mark.parametrize("chart", VALUES)
def test_the_values_of_a_hub_are_taken(chart: str) -> None:
    assert [error.message for error in schema(chart).iter_errors(VALUES[chart])] == []


@pytest.mark.parametrize("chart", VALUES)
@pytest.mark.skipif(not OFFICIAL_SCHEMAS.is_dir(), reason="the charts' published schemas are not here")
def test_the_published_schemas_take_them_too(chart: str) -> None:
    published = json.loads((OFFICIAL_SCHEMAS / chart / "values.schema.json").read_text())
    assert [error.message for error in Draft7Validator(published).iter_errors(VALUES[chart])] == []


@pytest.mark.parametrize(
    ("chart", "values"),
    [
        ("traefik", {"typo": 1}),
        ("traefik", {"ports": {"web": {"redirectTo": {"port": "websecure"}}}}),
        ("traefik", {"ingressClass": {"name": 1}}),
        ("traefik", {"providers": {"kubernetesIngres": {"enabled": True}}}),
        ("cert-manager", {"installCrds": True}),
        ("cert-manager", {"crds": {"enabled": "yes"}}),
        ("cert-manager", {"webhook": {"typo": 1}}),
    ],
)
def test_what_a_chart_does_not_know_is_refused(chart: str, values: dict[str, Any]) -> None:
    assert not schema(chart).is_valid(values)


def test_traefik_gets_two_balancers_with_a_label_each() -> None:
    objects = render("traefik")
    services = {name: found for (kind, name), found in objects.items() if kind == "Service"}
    labels = {name: service["metadata"]["annotations"][LABEL] for name, service in services.items()}
    assert labels == {"ingress-traefik": "our-hub", "ingress-traefik-hub": "our-hub-hub"}
    assert all(service["spec"]["type"] == "LoadBalancer" for service in services.values())
    assert all(ports(service) == {"web": 80, "websecure": 443} for service in services.values())
    pods = objects["Deployment", "ingress-traefik"]["spec"]["template"]["metadata"]["labels"]
    assert all(service["spec"]["selector"].items() <= pods.items() for service in services.values())
    assert pods["app.kubernetes.io/name"] == "traefik"
    assert pods["app.kubernetes.io/instance"] == "ingress-ingress"


def test_a_type_beside_the_spec_of_a_service_has_no_effect() -> None:
    values = deepcopy(TRAEFIK)
    values["service"]["additionalServices"]["hub"] = {"type": "LoadBalancer"}
    assert schema("traefik").is_valid(values)
    assert "type" not in render("traefik", values)["Service", "ingress-traefik-hub"]["spec"]


def test_a_service_carries_the_ports_that_are_exposed_to_it() -> None:
    values = deepcopy(TRAEFIK)
    values["ports"]["web"]["expose"] = {"default": False, "hub": True}
    objects = render("traefik", values)
    assert ports(objects["Service", "ingress-traefik"]) == {"websecure": 443}
    assert ports(objects["Service", "ingress-traefik-hub"]) == {"web": 80, "websecure": 443}


def test_a_service_without_a_port_is_refused() -> None:
    values = deepcopy(TRAEFIK)
    for name in ("web", "websecure"):
        values["ports"][name]["expose"] = {"default": True}
    assert "none is exposed to hub" in helm("traefik", values).stderr


def test_traefiks_arguments_say_where_it_redirects_to_and_how_long_it_waits() -> None:
    deployment = render("traefik")["Deployment", "ingress-traefik"]
    arguments = set(deployment["spec"]["template"]["spec"]["containers"][0]["args"])
    assert deployment["spec"]["replicas"] == 2
    assert {
        "--providers.kubernetesingress",
        "--entryPoints.web.http.redirections.entryPoint.to=:443",
        "--entryPoints.web.http.redirections.entryPoint.scheme=https",
        "--entryPoints.web.http.redirections.entryPoint.permanent=true",
        "--entryPoints.web.http.redirections.entryPoint.priority=1",
        "--entryPoints.websecure.transport.respondingTimeouts.readTimeout=600",
        "--entryPoints.websecure.http.tls=true",
    } <= arguments
    assert "--providers.kubernetescrd" not in arguments


def test_cert_managers_definitions_come_only_when_asked_for_and_stay_only_when_kept() -> None:
    definitions = [found for (kind, _), found in render("cert-manager").items() if "Definition" in kind]
    assert len(definitions) == 6
    assert all("annotations" not in definition["metadata"] for definition in definitions)
    assert not [kind for kind, _ in render("cert-manager", {}) if "Definition" in kind]
    kept = render("cert-manager", {"crds": {"enabled": True}})
    assert kept["CustomResourceDefinition", "orders.acme.cert-manager.io"]["metadata"]["annotations"] == {
        "helm.sh/resource-policy": "keep"
    }


def test_cert_managers_pods_have_their_place_and_room() -> None:
    objects = render("cert-manager")
    pods = {
        name: found["spec"]["template"]["spec"]
        for (kind, name), found in objects.items()
        if kind in {"Deployment", "Job"}
    }
    assert set(pods) == {
        "cert-manager",
        "cert-manager-cainjector",
        "cert-manager-webhook",
        "cert-manager-startupapicheck",
    }
    for pod in pods.values():
        assert pod["nodeSelector"] == {
            "hub.jupyter.org/node-purpose": "core",
            "kubernetes.io/os": "linux",
        }
        assert pod["containers"][0]["resources"]["requests"]["cpu"] == "10m"


def test_the_webhooks_wait_for_the_certificate_that_is_injected_later() -> None:
    objects = render("cert-manager")
    for kind in ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"):
        configuration = objects[kind, "cert-manager-webhook"]
        assert configuration["metadata"]["annotations"] == {
            "cert-manager.io/inject-ca-from-secret": "cert-manager/cert-manager-webhook-ca"
        }
        assert "caBundle" not in configuration["webhooks"][0]["clientConfig"]
