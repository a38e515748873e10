"""Which Ingresses Traefik serves, and the routers that it makes of them.

As its provider `kubernetesIngress` does: the longest rule goes first, a prefix is a prefix of characters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.hub.ingress.options import TraefikOptions

    Object = dict[str, Any]

CONTROLLER = "traefik.io/ingress-controller"
CLASS_ANNOTATION = "kubernetes.io/ingress.class"
ROUTER_ANNOTATION = "traefik.ingress.kubernetes.io/router."
DEFAULT_CLASS = "traefik"
EXACT = "Exact"


@dataclass(frozen=True)
class Router:
    """One path of one rule of an Ingress.

    Attributes:
        host: the name it is for, `*.` before it for all names one label longer, empty for every name.
        path: the path or its beginning, empty for every path.
        exact: whether the path is meant as a whole.
        whole_segments: whether the beginning of a path has to end where a segment does.
        priority: which of two that match goes first: the higher.
        entry_points: where it holds.
        tls: whether it is for TLS on every entry point.
        namespace: of the Ingress and of its backend.
        backend: the backend's `service` as the Ingress names it.

    """

    host: str
    path: str
    exact: bool
    whole_segments: bool
    priority: int
    entry_points: frozenset[str]
    tls: bool
    namespace: str
    backend: Object

    def matches(self, host: str, path: str) -> bool:
        """Whether a request is for this router."""
        return self._matches_host(host.lower()) and self._matches_path(path)

    def _matches_host(self, host: str) -> bool:
        if self.host.startswith("*."):
            return host.partition(".")[2] == self.host.removeprefix("*.").lower()
        return not self.host or host == self.host.lower()

    def _matches_path(self, path: str) -> bool:
        if self.exact:
            return path == self.path
        if self.whole_segments and not self.path.endswith("/"):
            return path == self.path or path.startswith(f"{self.path}/")
        return path.startswith(self.path)


def served_ingresses(
    ingresses: Iterable[Object], classes: Iterable[Object], options: TraefikOptions
) -> list[Object]:
    """Return the Ingresses that are Traefik's to serve: by their class, and by their namespace."""
    ours = {found["metadata"]["name"] for found in classes if found["spec"].get("controller") == CONTROLLER}
    if options.ingress_class:
        ours &= {options.ingress_class}
    return [
        ingress
        for ingress in ingresses
        if _has_class(ingress, ours, options.ingress_class)
        and (not options.namespaces or ingress["metadata"]["namespace"] in options.namespaces)
    ]


def _has_class(ingress: Object, ours: set[str], only: str) -> bool:
    stated = ingress["spec"].get("ingressClassName")
    if stated is not None:
        return stated in ours
    annotated = (ingress["metadata"].get("annotations") or {}).get(CLASS_ANNOTATION, "")
    return annotated == only or (not only and annotated == DEFAULT_CLASS)


def routers_of(ingress: Object, options: TraefikOptions) -> list[Router]:
    """Return a router for each path of an Ingress."""
    return [
        _router(ingress, rule.get("host") or "", path, options)
        for rule in ingress["spec"].get("rules") or ()
        for path in (rule.get("http") or {}).get("paths") or ()
        if "service" in path["backend"]
    ]


def _router(ingress: Object, host: str, path: Object, options: TraefikOptions) -> Router:
    metadata = ingress["metadata"]
    wanted = {
        name.removeprefix(ROUTER_ANNOTATION): value
        for name, value in (metadata.get("annotations") or {}).items()
        if name.startswith(ROUTER_ANNOTATION)
    }
    entry_points = frozenset(
        name.strip() for name in wanted.get("entrypoints", "").split(",") if name.strip()
    )
    text, exact = path.get("path") or "", path.get("pathType") == EXACT
    return Router(
        host=host,
        path=text,
        exact=exact,
        whole_segments=options.matches_whole_segments,
        priority=int(wanted.get("priority", 0)) or len(_rule(host, text, exact=exact)),
        entry_points=entry_points or options.default_entry_points,
        tls=wanted.get("tls", "").lower() == "true",
        namespace=metadata["namespace"],
        backend=path["backend"]["service"],
    )


def _rule(host: str, path: str, *, exact: bool) -> str:
    """Write the rule that Traefik makes of host and path: its length is its priority."""
    parts = [f"Host(`{host}`)"] if host else []
    if path:
        parts.append(f"{'Path' if exact else 'PathPrefix'}(`{path}`)")
    return " && ".join(parts)
