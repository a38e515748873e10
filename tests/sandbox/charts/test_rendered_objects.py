"""What the charts of BinderHub, ours and the official one, make of the deployer's values."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.deployer.hubs import AZURE_NAMES, ENTRA, GITHUB, MODES, OWN_DOMAIN, values_of
from tests.rendering import render

if TYPE_CHECKING:
    from tests.rendering import Objects
    from tests.sandbox.charts.conftest import ChartOf

USER_TAINT = {
    "key": "hub.jupyter.org_dedicated",
    "operator": "Equal",
    "value": "user",
    "effect": "NoSchedule",
}
# Standard_D2s_v5: millicores and MiB that it allocates, less what AKS's own pods ask for on a first node and
# on each further one.
SYSTEM_NODE = (1900 - 1000, 5796 - 1126)
USER_NODE = (1900 - 350, 5796 - 570)


@pytest.fixture(scope="module")
def objects(chart_of: ChartOf) -> Objects:
    return rendered(chart_of)


def rendered(chart_of: ChartOf, **settings: str) -> Objects:
    """Return the objects of the chart with the deployer's values for these settings."""
    return render(chart_of("binderhub"), values_of(**settings).merged(), "demo", "demo")


def pods(objects: Objects, *kinds: str) -> dict[str, dict[str, Any]]:
    return {
        name: found["spec"]["template"]["spec"] for (kind, name), found in objects.items() if kind in kinds
    }


def room(pod: dict[str, Any]) -> tuple[int, int]:
    """Return the millicores and MiB that a pod asks for, or that the namespace's LimitRange asks for it."""
    asked = [
        container["resources"]["requests"] for container in pod["containers"] if container.get("resources")
    ]
    asked = asked or [{"cpu": "10m", "memory": "64Mi"}]
    return sum(millicores(one["cpu"]) for one in asked), sum(mebibytes(one["memory"]) for one in asked)


def millicores(quantity: str | float) -> int:
    text = str(quantity)
    return int(text.removesuffix("m")) if text.endswith("m") else round(float(text) * 1000)


def mebibytes(quantity: str) -> int:
    units = {"Mi": 1, "Gi": 1024, "M": 1, "G": 1024}
    number = quantity.rstrip("MGi")
    return round(float(number) * units[quantity[len(number) :]])


def test_the_objects_have_the_real_charts_names(objects: Objects) -> None:
    expected = {
        "Service": {"binder", "hub", "proxy-api", "proxy-public"},
        "Deployment": {"binder", "hub", "proxy", "user-scheduler"},
        "DaemonSet": {"demo-dind", "demo-image-cleaner"},
        "StatefulSet": {"user-placeholder"},
        "Secret": {"binder-secret", "binder-build-docker-config", "hub", "image-pull-secret", "singleuser"},
        "PersistentVolumeClaim": {"hub-db-dir"},
        "NetworkPolicy": {"hub", "proxy", "singleuser"},
        "PriorityClass": {"demo-default-priority", "demo-user-placeholder-priority"},
        "ConfigMap": {"hub", "user-scheduler"},
    }
    for kind, names in expected.items():
        assert {name for found, name in objects if found == kind} == names


@pytest.mark.parametrize("sign_in", [{}, GITHUB, ENTRA], ids=["anybody", "GitHub", "Entra"])
@pytest.mark.parametrize("mode", MODES)
def test_only_plain_http_makes_services_public_whoever_may_sign_in(
    chart_of: ChartOf, mode: str, sign_in: dict[str, str]
) -> None:
    made = rendered(chart_of, **MODES[mode], **sign_in)
    services = {name: found["spec"].get("type") for (kind, name), found in made.items() if kind == "Service"}
    public = {name for name, kind in services.items() if kind == "LoadBalancer"}
    assert public == ({"binder", "proxy-public"} if mode == "plain HTTP" else set())


def test_user_pods_get_the_file_that_ends_idle_sessions(objects: Objects) -> None:
    [content] = objects["Secret", "singleuser"]["stringData"].values()
    assert json.loads(content)["ServerApp"] == {"shutdown_no_activity_timeout": 600}


def test_with_sign_in_the_hub_has_our_home_page_and_binderhub_knows_how_many_sessions_a_person_may_have(
    chart_of: ChartOf,
) -> None:
    made = rendered(chart_of, **GITHUB, **AZURE_NAMES, per_user_quota="3")
    [hub] = pods(made, "Deployment")["hub"]["containers"]
    [mount] = [each for each in hub["volumeMounts"] if each["name"] == "files"]
    assert mount["mountPath"] == "/etc/jupyterhub/templates/home.html"
    assert "Open a repository" in made["Secret", "hub"]["stringData"][mount["subPath"]]
    [page] = pods(made, "Deployment")["binder"]["containers"]
    environment = {each["name"]: each.get("value") for each in page["env"]}
    assert environment["JUPYTERHUB_ALLOW_NAMED_SERVERS"] == "true"
    assert environment["JUPYTERHUB_NAMED_SERVER_LIMIT_PER_USER"] == "3"


def test_core_pods_stay_off_the_users_nodes(objects: Objects) -> None:
    for pod in pods(objects, "Deployment").values():
        terms = (
            pod.get("affinity", {})
            .get("nodeAffinity", {})
            .get("requiredDuringSchedulingIgnoredDuringExecution")
        )
        by_affinity = terms is not None and "core" in json.dumps(terms)
        assert by_affinity or pod["nodeSelector"] == {"hub.jupyter.org/node-purpose": "core"}
        assert USER_TAINT not in (pod.get("tolerations") or [])


def test_builder_and_cleaner_run_where_users_do(objects: Objects) -> None:
    for pod in pods(objects, "DaemonSet").values():
        assert pod["nodeSelector"] == {"hub.jupyter.org/node-purpose": "user"}
        assert USER_TAINT in pod["tolerations"]


def test_placeholders_wait_for_the_charts_own_scheduler(objects: Objects) -> None:
    pod = pods(objects, "StatefulSet")["user-placeholder"]
    configuration = yaml.safe_load(objects["ConfigMap", "user-scheduler"]["data"]["config.yaml"])
    assert pod["schedulerName"] == configuration["profiles"][0]["schedulerName"] == "demo-user-scheduler"
    assert pod["priorityClassName"] == "demo-user-placeholder-priority"
    assert USER_TAINT in pod["tolerations"]


def test_core_pods_fit_on_the_smallest_system_node_even_while_the_page_is_replaced(objects: Objects) -> None:
    core = pods(objects, "Deployment")
    asked = [room(pod) for pod in [*core.values(), core["binder"]]]
    assert sum(cpu for cpu, _ in asked) <= SYSTEM_NODE[0]
    assert sum(memory for _, memory in asked) <= SYSTEM_NODE[1]


def test_builder_cleaner_and_a_build_leave_room_for_several_users_on_the_smallest_node(
    objects: Objects,
) -> None:
    build = values_of().public["config"]["KubernetesBuildExecutor"]["resources"]["requests"]
    user = room(pods(objects, "StatefulSet")["user-placeholder"])
    asked = [room(pod) for pod in pods(objects, "DaemonSet").values()]
    asked.append((millicores(build["cpu"]), mebibytes(build["memory"])))
    left = [node - sum(part) for node, part in zip(USER_NODE, zip(*asked, strict=True), strict=True)]
    assert min(left[0] // user[0], left[1] // user[1]) >= 5


def test_behind_traefik_two_ingresses_lead_to_services_inside_the_cluster(
    chart_of: ChartOf, objects: Objects
) -> None:
    secured = rendered(chart_of, **OWN_DOMAIN)
    assert not [name for kind, name in objects if kind == "Ingress"]
    for name, host, service in (
        ("binderhub", "binder.hub.example.org", "binder"),
        ("jupyterhub", "hub.hub.example.org", "proxy-public"),
    ):
        spec = secured["Ingress", name]["spec"]
        (rule,) = spec["rules"]
        (path,) = rule["http"]["paths"]
        assert (rule["host"], path["path"], path["pathType"]) == (host, "/", "Prefix")
        assert path["backend"]["service"]["name"] == service
        assert spec["tls"] == [{"hosts": [host], "secretName": "binderhub-tls"}]
        assert secured["Service", service]["spec"]["type"] == "ClusterIP"
