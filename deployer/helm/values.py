"""Renders the Helm values of the releases from the settings.

The values of BinderHub have two layers, because the outputs hold them in two files: values that anybody may
read, and secrets. HELM_VALUES of the user are merged last and may hold secrets, so they belong to the second
layer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from deployer.helm.repositories import allowed_specs, open_providers
from deployer.kubernetes.azure_tags import written_tags
from deployer.names import INGRESS_CLASS, STORAGE_CLASS, TLS_SECRET
from deployer.settings import Authentication, ImageBuilder
from deployer.settings.capacity import BUILDER, session_of
from deployer.settings.chart_values import read_chart_values, value_at
from deployer.templating import render_documents

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from deployer.names import HubNames
    from deployer.settings import Settings

# They run privileged, so that their content is named, too: the digest of the image for all platforms.
BUILDER_IMAGES = {
    # The version in the chart, 28.3.3, hangs while pushing; mybinder.org pins this one (mybinder.org-deploy
    # 3387, 3429).
    ImageBuilder.DIND: {
        "name": "docker.io/library/docker",
        "tag": "27.5.1-dind@sha256:aa3df78ecf320f5fafdce71c659f1629e96e9de0968305fe1de670e0ca9176ce",
    },
    # The other tags of a version are moved every day, and the registry removes what they leave behind
    # (containers/image_build).
    ImageBuilder.PINK: {
        "name": "quay.io/podman/stable",
        "tag": "v5.8.2-immutable@sha256:766815d247ce0edfd8774770371d293728b0b500a219f35de98b408100f5d412",
    },
}
# Seconds between two runs of the culler, as on mybinder.org; a shorter timeout needs shorter intervals.
CULL_EVERY_SECONDS = 660
# Bytes. BinderHub takes no bodies, and JupyterHub takes forms; what people send to their sessions passes by
# both.
LONGEST_REQUEST = 1024**2
# Seconds for which browsers insist on HTTPS: half a year, the least that Mozilla's Observatory accepts.
HSTS_SECONDS = 182 * 24 * 3600


@dataclass(frozen=True)
class RegistryLogin:
    """An account of the registry.

    Attributes:
        username: user, or name of the token of the registry.
        password: its password.
        slot: where the token has this password; None if that is not known, and for a user.

    """

    username: str
    password: SecretStr
    slot: str | None = None


@dataclass(frozen=True)
class RegistryAccess:
    """The registry for images, and the accounts to push and pull with.

    Attributes:
        server: login server, as in `example.azurecr.io`; None for Docker Hub.
        image_prefix: start of the name of every image, server included: `example.azurecr.io/hub/binder-`.
        push: for BinderHub and the builder.
        pull: for the nodes.

    """

    server: str | None
    image_prefix: str
    push: RegistryLogin
    pull: RegistryLogin


@dataclass(frozen=True)
class RenderedValues:
    """Values for one release.

    Attributes:
        public: values that anybody may read.
        secret: secrets, and the values that the user added.

    """

    public: dict[str, Any]
    secret: dict[str, Any]

    def merged(self) -> dict[str, Any]:
        """Return the values for helm."""
        return merge(self.public, self.secret)


@dataclass(frozen=True)
class _Authenticator:
    """An authenticator of JupyterHub.

    Attributes:
        name: in JupyterHub.
        section: of its configuration.
        refusal: what people read who signed in but may not use the hub.

    """

    name: str
    section: str
    refusal: str


_AUTHENTICATORS = {
    Authentication.GITHUB: _Authenticator(
        "github",
        "GitHubOAuthenticator",
        "Your account on GitHub may not use this hub. Ask whoever runs the hub to add your user name. If you "
        "belong to an organisation that may use it, it may have to approve this application first.",
    ),
    Authentication.ENTRA: _Authenticator(
        "azuread",
        "AzureAdOAuthenticator",
        "Your account in Microsoft Entra may not use this hub. Ask whoever runs the hub to add your user "
        "name, or the object id of your account if you are a guest.",
    ),
}


def render_binderhub_values(
    settings: Settings, names: HubNames, registry: RegistryAccess, storage_class: str | None = STORAGE_CLASS
) -> RenderedValues:
    """Return the values of the BinderHub release.

    Args:
        settings: validated settings.
        names: host names, URLs and DNS labels derived from them.
        registry: for images.
        storage_class: of the hub's disk; None for the cluster's default.

    """
    context = _context(settings, names, registry) | {"storage_class": storage_class}
    public = _layer(_public_templates(settings), context)
    secret = _layer(("secret",), context, secrets=True)
    return RenderedValues(public, merge(secret, read_chart_values(settings.helm_values)))


def render_traefik_values(settings: Settings, names: HubNames) -> dict[str, Any]:
    """Return the values of Traefik, with an address for each of the two names, or one for a custom domain."""
    two_names = settings.domain_name is None
    context = {
        "names": names,
        "address_tags": written_tags(names.tags),
        "two_names": two_names,
        "hsts_seconds": HSTS_SECONDS,
        "ingress_class": INGRESS_CLASS,
    }
    return _layer(("traefik",), context)


def render_cert_manager_values() -> dict[str, Any]:
    """Return the values of cert-manager; they do not depend on the hub."""
    return _layer(("cert_manager",), {})


def read_registry_access(values: Mapping[str, Any]) -> RegistryAccess:
    """Return the access to the registry that the values of a release hold; what they do not hold is empty."""
    url = value_at(values, "registry", "url")
    return RegistryAccess(
        # Other values are rendered with it, and HELM_VALUES may have put a password before the host.
        server=str(url).removeprefix("https://").rpartition("@")[2] if url else None,
        image_prefix=str(value_at(values, "config", "BinderHub", "image_prefix") or ""),
        push=_read_login(values, "push", "registry"),
        pull=_read_login(values, "pull", "jupyterhub", "imagePullSecret"),
    )


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Merge values as helm does: mappings are merged, everything else is replaced."""
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        merged[key] = merge(below, value) if both else value  # type: ignore[arg-type]
    return merged


def _read_login(values: Mapping[str, Any], purpose: str, *path: str) -> RegistryLogin:
    username, password = (str(value_at(values, *path, key) or "") for key in ("username", "password"))
    slot = value_at(values, "global", "registrySlots", purpose)
    return RegistryLogin(username, SecretStr(password), slot)


def _public_templates(settings: Settings) -> Iterator[str]:
    yield from (
        "binder",
        "repositories",
        "web_servers",
        "jupyterhub",
        "https" if settings.https else "plain_http",
    )
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
    """Return the variables of the templates: the settings, and values that are computed from them."""
    allowed = allowed_specs(settings.allowed_repositories)
    return {
        "settings": settings,
        "names": names,
        "address_tags": written_tags(names.tags),
        "registry": registry,
        "builder_image": BUILDER_IMAGES[settings.image_builder],
        "session": session_of(settings),
        "builder": BUILDER,
        "build": {
            "cpu": settings.build_cpu_limit,
            "memory": f"{settings.build_memory_limit}i",
            "disk": f"{settings.build_disk_limit}i",
        },
        # A placeholder would keep a node for itself where the pool may have none.
        "placeholders": 1 if settings.aks_node_count_max > settings.aks_node_count > 0 else 0,
        "cull_every": min(CULL_EVERY_SECONDS, settings.idle_timeout + 60),
        "allowed_specs": allowed,
        "open_providers": open_providers(allowed),
        "origin_pattern": f"^(?:{'|'.join(map(re.escape, settings.allowed_origins))})$",
        "users": list(dict.fromkeys((*settings.allowed_users, *settings.admin_users))),
        "longest_request": LONGEST_REQUEST,
        "authenticator": _AUTHENTICATORS.get(settings.authentication),
        "signs_in": "true" if settings.authentication in _AUTHENTICATORS else "false",
        "ingress_class": INGRESS_CLASS,
        "tls_secret": TLS_SECRET,
    }
