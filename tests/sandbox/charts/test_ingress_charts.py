"""The charts of Traefik and cert-manager: what they take, what ours refuses, and what they make of it."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft7Validator

from deployer.helm.values import render_cert_manager_values, render_traefik_values
from tests.deployer.chart_schemas import validate_cert_manager, validate_traefik
from tests.deployer.hubs import AZURE_NAMES, OWN_DOMAIN, hub_settings, names_of
from tests.rendering import render, sandbox_chart, template
from tests.sandbox.charts.release_values import CERT_MANAGER, LABEL, TRAEFIK, VALUES

if TYPE_CHECKING:
    from tests.rendering import Objects
    from tests.sandbox.charts.conftest import ChartOf


def schema(chart: str) -> Draft7Validator:
    return Draft7Validator(json.loads((sandbox_chart(chart) / "values.schema.json").read_text()))


def traefik(chart_of: ChartOf, values: dict[str, Any] = TRAEFIK) -> Objects:
    return render(chart_of("traefik"), values, "ingress", "ingress")


def cert_manager(chart_of: ChartOf, values: dict[str, Any] = CERT_MANAGER) -> Objects:
    return render(chart_of("cert-manager"), values, "cert-manager", "cert-manager")


def ports(service: dict[str, Any]) -> dict[str, int]:
    return {port["name"]: port["port"] for port in service["spec"]["ports"]}


@pytest.mark.parametrize("chart", VALUES)
def test_the_values_of_a_hub_are_taken(chart: str) -> None:
    assert [error.message for error in schema(chart).iter_errors(VALUES[chart])] == []


@pytest.mark.online
def test_the_published_schemas_take_them_too() -> None:
    validate_traefik(TRAEFIK)
    validate_cert_manager(CERT_MANAGER)


@pytest.mark.parametrize(
    ("chart", "values"),
    [
        ("traefik", {"typo": 1}),
        ("traefik", {"ports": {"web": {"redirectTo": {"port": "websecure"}}}}),
        ("traefik", {"ingressClass": {"name": 1}}),
        ("traefik", {"providers": {"kubernetesIngres": {"enabled": True}}}),
    ],
)
def test_what_a_chart_does_not_know_is_refused(chart: str, values: dict[str, Any]) -> None:
    assert not schema(chart).is_valid(values)


def test_traefik_gets_two_balancers_with_a_label_each(chart_of: ChartOf) -> None:
    objects = traefik(chart_of)
    services = {name: found for (kind, name), found in objects.items() if kind == "Service"}
    labels = {name: service["metadata"]["annotations"][LABEL] for name, service in services.items()}
    assert labels == {"ingress-traefik": "our-hub", "ingress-traefik-hub": "our-hub-hub"}
    assert all(service["spec"]["type"] == "LoadBalancer" for service in services.values())
    assert all(ports(service) == {"web": 80, "websecure": 443} for service in services.values())
    pods = objects["Deployment", "ingress-traefik"]["spec"]["template"]["metadata"]["labels"]
    assert all(service["spec"]["selector"].items() <= pods.items() for service in services.values())
    assert pods["app.kubernetes.io/name"] == "traefik"
    assert pods["app.kubernetes.io/instance"] == "ingress-ingress"


@pytest.mark.parametrize("mode", [AZURE_NAMES, OWN_DOMAIN])
def test_the_values_of_any_hub_give_each_balancer_its_label(chart_of: ChartOf, mode: dict[str, str]) -> None:
    names = names_of(**mode)
    objects = traefik(chart_of, render_traefik_values(hub_settings(**mode), names))
    services = [found for (kind, _), found in objects.items() if kind == "Service"]
    assert all(service["spec"]["type"] == "LoadBalancer" for service in services)
    labels = {names.binder_label, names.hub_label} if mode is AZURE_NAMES else {names.binder_label}
    assert {service["metadata"]["annotations"][LABEL] for service in services} == labels


def test_the_values_of_the_deployer_give_cert_manager_its_place(chart_of: ChartOf) -> None:
    objects = cert_manager(chart_of, render_cert_manager_values())
    deployments = [found for (kind, _), found in objects.items() if kind == "Deployment"]
    assert len(deployments) == 3
    for deployment in deployments:
        selector = deployment["spec"]["template"]["spec"]["nodeSelector"]
        assert selector["hub.jupyter.org/node-purpose"] == "core"


def test_a_type_beside_the_spec_of_a_service_has_no_effect(chart_of: ChartOf) -> None:
    values = deepcopy(TRAEFIK)
    values["service"]["additionalServices"]["hub"] = {"type": "LoadBalancer"}
    assert schema("traefik").is_valid(values)
    assert "type" not in traefik(chart_of, values)["Service", "ingress-traefik-hub"]["spec"]


def test_a_service_carries_the_ports_that_are_exposed_to_it(chart_of: ChartOf) -> None:
    values = deepcopy(TRAEFIK)
    values["ports"]["web"]["expose"] = {"default": False, "hub": True}
    objects = traefik(chart_of, values)
    assert ports(objects["Service", "ingress-traefik"]) == {"websecure": 443}
    assert ports(objects["Service", "ingress-traefik-hub"]) == {"web": 80, "websecure": 443}


def test_a_service_without_a_port_is_refused(chart_of: ChartOf) -> None:
    values = deepcopy(TRAEFIK)
    for name in ("web", "websecure"):
        values["ports"][name]["expose"] = {"default": True}
    refused = template(chart_of("traefik"), values, "ingress", "ingress")
    assert "Cannot create Service ingress-traefik-hub without ports" in refused.stderr


def test_traefiks_arguments_say_where_it_redirects_to_and_how_long_it_waits(chart_of: ChartOf) -> None:
    deployment = traefik(chart_of)["Deployment", "ingress-traefik"]
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


def test_cert_managers_pods_have_their_place_and_room(chart_of: ChartOf) -> None:
    objects = cert_manager(chart_of)
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
