"""Helm values of the releases: what the settings mean in the charts' own languages.

BinderHub's values come in two layers, because people get one to look at and the other to keep: what anybody
may read, and secrets. The user's own HELM_VALUES are the last word and may hold secrets, so they end up among
the secrets.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from deployer.names import INGRESS_CLASS, TLS_SECRET
from deployer.settings import Authentication
from deployer.templating import render_documents

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pydantic import SecretStr

    from deployer.names import HubNames
    from deployer.settings import Settings

# The chart's 28.3.3 gets stuck while pushing; mybinder.org pins this one (mybinder.org-deploy 3387, 3429).
DIND_TAG = "27.5.1-dind"
# What a user pod reserves of its limits: few need theirs all the time. mybinder.org reserves about as little.
RESERVED_SHARE_OF_MEMORY = 0.25
RESERVED_SHARE_OF_CPU = 0.05
LEAST_CPU = 0.01
MEBIBYTES = {"K": 1 / 1024, "M": 1, "G": 1024, "T": 1024**2}
# The culler's round, seconds, as mybinder.org sets it; a shorter timeout needs a shorter round.
CULL_EVERY_SECONDS = 660


@dataclass(frozen=True)
class RegistryAccess:
    """Where images go, and as whom.

    Attributes:
        server: login server, as in `example.azurecr.io`; None for Docker Hub.
        image_prefix: what every image's name begins with, server included: `example.azurecr.io/hub/binder-`.
        username: user, or name of the registry's token.
        password: its password.

    """

    server: str | None
    image_prefix: str
    username: str
    password: SecretStr


@dataclass(frozen=True)
class RenderedValues:
    """Values for one release.

    Attributes:
        public: what may be shown to anybody.
        secret: secrets, and all that the user added.

    """

    public: dict[str, Any]
    secret: dict[str, Any]

    def merged(self) -> dict[str, Any]:
        """Return what helm gets."""
        return merge(self.public, self.secret)


@dataclass(frozen=True)
class _Authenticator:
    """JupyterHub's name for an authenticator, and the section of its configuration."""

    name: str
    section: str


_AUTHENTICATORS = {
    Authentication.GITHUB: _Authenticator("github", "GitHubOAuthenticator"),
    Authentication.ENTRA: _Authenticator("azuread", "AzureAdOAuthenticator"),
}


def render_binderhub_values(settings: Settings, names: HubNames, registry: RegistryAccess) -> RenderedValues:
    """Render the BinderHub release's values.

    Args:
        settings: validated settings.
        names: host names, URLs and DNS labels derived from them.
        registry: where images are pushed to and pulled from.

    """
    context = _context(settings, names, registry)
    public = _layer(_public_templates(settings), context)
    secret = _layer(("secret",), context, secrets=True)
    own = _as_helm_reads(settings.helm_values.get_secret_value()) if settings.helm_values else {}
    return RenderedValues(public, merge(secret, own))


def render_traefik_values(settings: Settings, names: HubNames) -> dict[str, Any]:
    """Render the values of Traefik, which takes visitors in: at two names of Azure's, or at one."""
    two_names = settings.domain_name is None
    return _layer(("traefik",), {"names": names, "two_names": two_names, "ingress_class": INGRESS_CLASS})


def render_cert_manager_values() -> dict[str, Any]:
    """Render the values of cert-manager; nothing in them depends on the hub."""
    return _layer(("cert_manager",), {})


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one tree of values over another as helm does: mappings are merged, all else is replaced."""
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        merged[key] = merge(below, value) if both else value  # type: ignore[arg-type]
    return merged


def _public_templates(settings: Settings) -> Iterator[str]:
    yield from ("binder", "jupyterhub", "https" if settings.https else "plain_http")
    if settings.authentication in _AUTHENTICATORS:
        yield "sign_in"
    if settings.allowed_origins:
        yield "allowed_origins"


def _layer(templates: Iterable[str], context: Mapping[str, Any], *, secrets: bool = False) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for template in templates:
        for document in render_documents(f"values/{template}.yaml.j2", secrets=secrets, **context):
            values = merge(values, document)
    return values


def _context(settings: Settings, names: HubNames, registry: RegistryAccess) -> dict[str, Any]:
    """Name what the templates need beside the settings, because it takes more than a template to say."""
    return {
        "settings": settings,
        "names": names,
        "registry": registry,
        "dind_tag": DIND_TAG,
        "memory": memory_of_user_pods(settings.user_memory_limit),
        "cpu_guarantee": max(LEAST_CPU, round(settings.user_cpu_limit * RESERVED_SHARE_OF_CPU, 3)),
        "placeholders": 1 if settings.aks_node_count_max > settings.aks_node_count else 0,
        "cull_every": min(CULL_EVERY_SECONDS, settings.idle_timeout + 60),
        "allowed_specs": [allowed_spec(pattern) for pattern in settings.allowed_repositories],
        "origin_pattern": f"^(?:{'|'.join(map(re.escape, settings.allowed_origins))})$",
        "authenticator": _AUTHENTICATORS.get(settings.authentication),
        "ingress_class": INGRESS_CLASS,
        "tls_secret": TLS_SECRET,
    }


@dataclass(frozen=True)
class UserMemory:
    """Memory of a user pod, in units that JupyterHub and Kubernetes both know (`K` only JupyterHub does)."""

    guarantee: str
    limit: str


def memory_of_user_pods(limit: str) -> UserMemory:
    """Return what a pod reserves and may use.

    Args:
        limit: number and unit K, M, G or T, powers of 1024, as the settings have it.

    """
    mebibytes = float(limit[:-1]) * MEBIBYTES[limit[-1]]
    kept = limit if limit[-1] != "K" else f"{int(mebibytes)}M"
    return UserMemory(guarantee=f"{int(mebibytes * RESERVED_SHARE_OF_MEMORY)}M", limit=kept)


def allowed_spec(pattern: str) -> str:
    """Return BinderHub's regular expression for a repository pattern.

    BinderHub holds it to the beginning of `owner/repository/reference`: without the slash at the end,
    `owner/book` would let `owner/bookshop` in.

    Args:
        pattern: `owner/name`, with `*` for any part of it, or already a regular expression (`^…`).

    """
    if pattern.startswith("^"):
        return pattern
    return "^" + "[^/]*".join(map(re.escape, pattern.split("*"))) + "/"


class _HelmLoader(yaml.SafeLoader):
    """Reads YAML as helm does: what looks like a date is text."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - the class's own copy, as PyYAML has it
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def _as_helm_reads(text: str) -> dict[str, Any]:
    values: dict[str, Any]
    try:
        values = json.loads(text)  # nearly YAML, but for characters that JSON writes as a pair of escapes
    except ValueError:
        values = yaml.load(text, Loader=_HelmLoader)  # noqa: S506 - a SafeLoader
    return values
