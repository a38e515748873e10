"""How Traefik chooses among routes: its own arguments, classes, rules and their priorities."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.hub.ingress.options import FIRST, Redirection, TraefikOptions
from sandbox.hub.ingress.routers import routers_of, served_ingresses

CHART = (
    "--entryPoints.metrics.address=:9100/tcp",
    "--entryPoints.web.address=:8000/tcp",
    "--entryPoints.websecure.address=:8443/tcp",
    "--entryPoints.traefik.address=:8080/tcp",
    "--entryPoints.websecure.http.tls=true",
    "--providers.kubernetesingress",
)
CLASSES = [
    {"metadata": {"name": "traefik"}, "spec": {"controller": "traefik.io/ingress-controller"}},
    {"metadata": {"name": "inner"}, "spec": {"controller": "traefik.io/ingress-controller"}},
    {"metadata": {"name": "nginx"}, "spec": {"controller": "k8s.io/ingress-nginx"}},
]
BACKEND = {"service": {"name": "binder", "port": {"number": 80}}}


def ingress(
    *paths: tuple[str, str], host: str = "a.example", cls: str | None = "traefik", **annotations: str
) -> dict[str, Any]:
    """Return an Ingress with these paths and path types; annotations by the last part of their names."""
    known = {"old_class": "kubernetes.io/ingress.class"}
    router = "traefik.ingress.kubernetes.io/router."
    return {
        "metadata": {
            "namespace": "hub",
            "annotations": {known.get(name, f"{router}{name}"): value for name, value in annotations.items()},
        },
        "spec": {
            "ingressClassName": cls,
            "rules": [
                {
                    "host": host,
                    "http": {
                        "paths": [
                            {"path": path, "pathType": kind, "backend": BACKEND} for path, kind in paths
                        ]
                    },
                }
            ],
        },
    }


@pytest.mark.parametrize(
    ("path", "kind", "asked", "matches"),
    [
        ("/", "Prefix", "/anything", True),
        ("/lab", "Prefix", "/lab/tree", True),
        ("/lab", "Prefix", "/laboratory", True),
        ("/lab", "Prefix", "/", False),
        ("/lab", "Exact", "/lab", True),
        ("/lab", "Exact", "/lab/tree", False),
        ("/lab", "ImplementationSpecific", "/lab/tree", True),
    ],
)
def test_a_path_is_matched_as_its_type_says(path: str, kind: str, asked: str, matches: bool) -> None:  # noqa: FBT001
    (router,) = routers_of(ingress((path, kind)), TraefikOptions(CHART))
    assert router.matches("a.example", asked) is matches


def test_a_prefix_can_be_told_to_end_where_a_segment_does() -> None:
    strict = TraefikOptions([*CHART, "--providers.kubernetesingress.strictPrefixMatching=true"])
    (router,) = routers_of(ingress(("/lab", "Prefix")), strict)
    assert router.matches("a.example", "/lab")
    assert not router.matches("a.example", "/laboratory")


@pytest.mark.parametrize(
    ("host", "asked", "matches"),
    [
        ("a.example", "A.example", True),
        ("a.example", "b.example", False),
        ("", "b.example", True),
        ("*.example", "b.example", True),
        ("*.example", "c.b.example", False),
    ],
)
def test_a_host_is_matched_by_name_or_wildcard(host: str, asked: str, matches: bool) -> None:  # noqa: FBT001
    (router,) = routers_of(ingress(("/", "Prefix"), host=host), TraefikOptions(CHART))
    assert router.matches(asked, "/") is matches


def test_the_longest_rule_goes_first_unless_told_otherwise() -> None:
    options = TraefikOptions(CHART)
    short, long = routers_of(ingress(("/", "Prefix"), ("/.well-known/acme", "Prefix")), options)
    (told,) = routers_of(ingress(("/", "Prefix"), priority="1000"), options)
    assert told.priority > long.priority > short.priority


def test_an_ingress_is_routed_at_the_entry_points_that_it_names() -> None:
    options = TraefikOptions(CHART)
    (named,) = routers_of(ingress(("/", "Prefix"), entrypoints="websecure"), options)
    (unnamed,) = routers_of(ingress(("/", "Prefix")), options)
    assert named.entry_points == {"websecure"}
    assert unnamed.entry_points == {"metrics", "web", "websecure"}


def test_entry_points_can_be_made_the_default() -> None:
    options = TraefikOptions([*CHART, "--entryPoints.websecure.asDefault=true"])
    assert options.default_entry_points == {"websecure"}


@pytest.mark.parametrize(
    ("cls", "annotation", "served"),
    [
        ("traefik", {}, True),
        ("inner", {}, True),
        ("nginx", {}, False),
        ("absent", {}, False),
        (None, {}, True),
        (None, {"old_class": "traefik"}, True),
        (None, {"old_class": "nginx"}, False),
    ],
)
def test_classes_decide_which_ingresses_are_served(
    cls: str | None,
    annotation: dict[str, str],
    served: bool,  # noqa: FBT001
) -> None:
    found = served_ingresses(
        [ingress(("/", "Prefix"), cls=cls, **annotation)], CLASSES, TraefikOptions(CHART)
    )
    assert bool(found) is served


def test_one_class_or_some_namespaces_can_be_all_that_is_served() -> None:
    one = TraefikOptions([*CHART, "--providers.kubernetesingress.ingressClass=inner"])
    elsewhere = TraefikOptions([*CHART, "--providers.kubernetesingress.namespaces=other,another"])
    both = [ingress(("/", "Prefix"), cls=cls) for cls in ("traefik", "inner")]
    assert [each["spec"]["ingressClassName"] for each in served_ingresses(both, CLASSES, one)] == ["inner"]
    assert served_ingresses(both, CLASSES, elsewhere) == []


def test_a_redirection_is_read_with_its_defaults() -> None:
    bare = TraefikOptions([*CHART, "--entrypoints.web.http.redirections.entrypoint.to=websecure"])
    web, secure = bare.entry_point_on(8000), bare.entry_point_on(8443)
    assert web is not None
    assert secure is not None
    assert web.redirection == Redirection("https", 8443, permanent=True, priority=FIRST)
    assert (secure.redirection, secure.tls, web.tls) == (None, True, False)
