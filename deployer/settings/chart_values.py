"""What HELM_VALUES hold: where keys belong, and which of them replace a decision of the deployer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import SecretStr

WRAPPER = "binderhub"
# Top-level keys of the chart of JupyterHub that the chart of BinderHub does not have.
OF_JUPYTERHUB = frozenset(
    {
        "cull",
        "custom",
        "debug",
        "hub",
        "imagePullSecret",
        "imagePullSecrets",
        "prePuller",
        "proxy",
        "scheduling",
        "singleuser",
    }
)


# Where values hold Python, and what runs it.
EXTRA_CONFIG = {"extraConfig": "BinderHub", "jupyterhub.hub.extraConfig": "JupyterHub"}
_ABSENT = object()


@dataclass(frozen=True)
class Decision:
    """Something that the deployer decides.

    Attributes:
        keys: of the values that express it, `*` for any name on one level; each with everything below it.
        consequence: what else depends on it, a sentence.

    """

    keys: tuple[str, ...]
    consequence: str


DECISIONS = (
    Decision(
        (
            "config.BinderHub.hub_url",
            "config.BinderHub.hub_url_local",
            "config.BinderHub.base_url",
            "service.type",
            "service.annotations",
            "ingress",
            "jupyterhub.hub.baseUrl",
            "jupyterhub.proxy.service.type",
            "jupyterhub.proxy.service.annotations",
            "jupyterhub.proxy.https",
            "jupyterhub.ingress",
        ),
        "Addresses, DNS names and the certificate are prepared for the values of the deployer.",
    ),
    Decision(
        (
            "config.BinderHub.use_registry",
            "config.BinderHub.image_prefix",
            "config.DockerRegistry",
            "registry",
            "jupyterhub.imagePullSecret",
        ),
        "The registry of the settings is prepared for pushing and pulling images.",
    ),
    Decision(
        (
            "config.BinderHub.auth_enabled",
            "jupyterhub.hub.services.binder",
            "jupyterhub.hub.loadRoles.user",
            "jupyterhub.hub.config.BinderSpawner.auth_enabled",
            "jupyterhub.hub.config.JupyterHub.authenticator_class",
            "jupyterhub.hub.config.*.oauth_callback_url",
            "jupyterhub.hub.config.*.client_id",
            "jupyterhub.hub.config.*.client_secret",
            "jupyterhub.hub.config.*.tenant_id",
            "jupyterhub.hub.config.*.allow_all",
        ),
        "The settings of sign-in (AUTHENTICATION and others) fit together on both sites.",
    ),
    Decision(
        (
            "imageBuilderType",
            "config.BinderHub.build_node_selector",
            "config.KubernetesBuildExecutor.node_selector",
        ),
        "Images are built on the nodes for users, by the builder of the setting IMAGE_BUILDER.",
    ),
    Decision(
        ("config.*.git_credentials",),
        "Builds run what visitors ask for, and visitors can read what builds are given.",
    ),
    Decision(
        (
            "jupyterhub.singleuser.networkPolicy",
            "jupyterhub.hub.networkPolicy.enabled",
            "jupyterhub.proxy.chp.networkPolicy.enabled",
            "jupyterhub.singleuser.cloudMetadata",
            "jupyterhub.singleuser.cmd",
        ),
        "Sessions are kept away from the cluster and from the credentials of its nodes.",
    ),
)


ALLOWED_REPOSITORIES = Decision(
    ("config.*.allowed_specs", "config.BinderHub.repo_providers"),
    "Other repositories than those of ALLOWED_REPOSITORIES can be built.",
)
"""What ALLOWED_REPOSITORIES decide, if they are set."""


def read_chart_values(written: SecretStr | None) -> dict[str, Any]:
    """Return HELM_VALUES, which the settings keep as JSON; without any an empty mapping."""
    return {} if written is None else dict(json.loads(written.get_secret_value()))


def replaced_keys(values: Mapping[str, Any], decision: Decision) -> list[str]:
    """Return the keys in these values that replace a decision, as dotted paths.

    No path has a word that the user chose: such a word may be a secret.
    """
    wanted = [tuple(key.split(".")) for key in decision.keys]
    found = (
        ".".join(key[: len(path)])
        for path in _leaves(values)
        for key in wanted
        if _are_of_one_branch(path, key)
    )
    return list(dict.fromkeys(found))


def unusable_code(values: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong where these values hold Python, without words that the user chose.

    BinderHub and JupyterHub pass every entry to `exec` when they start; the schemas of the charts allow any.
    """
    for path, program in EXTRA_CONFIG.items():
        found = value_at(values, *path.split("."), missing=_ABSENT)
        if found is _ABSENT:
            continue
        if not isinstance(found, dict):
            yield f"replaces all of {path}, where the deployer has Python of its own, by no mapping."
            continue
        wrong = [str(n) for n, code in enumerate(found.values(), 1) if not isinstance(code, str)]
        if wrong:
            which = f"entry {', '.join(wrong)}" if len(wrong) == 1 else f"entries {', '.join(wrong)}"
            yield f"has something else than text in {path} ({which}): {program} would end at every start."


def value_at(values: Any, *path: str, missing: Any = None) -> Any:
    """Return what values hold at a path.

    Args:
        values: of a chart, or a part of them.
        path: the keys that lead there.
        missing: returned where they hold nothing there.

    """
    for key in path:
        if not isinstance(values, dict) or key not in values:
            return missing
        values = values[key]
    return values


def likely_cause(known: str | None, written: SecretStr | None) -> str | None:
    """Return the likely cause of a hub that is not well: what is known, and keys that replace decisions.

    Args:
        known: the cause without HELM_VALUES.
        written: HELM_VALUES.

    """
    values = read_chart_values(written)
    keys = [key for decision in DECISIONS for key in replaced_keys(values, decision)]
    replaced = f"HELM_VALUES replace what the deployer decides: {', '.join(keys)}." if keys else ""
    return " ".join(filter(None, (f"{known.rstrip('.')}." if known else "", replaced))) or None


def _leaves(values: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of everything that is no mapping; an empty mapping changes nothing."""
    for key, value in values.items():
        path = (*above, str(key))
        if isinstance(value, dict):
            yield from _leaves(value, path)
        else:
            yield path


def _are_of_one_branch(path: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    """Return whether `path` is at, below or above `pattern`: null above a key removes the key, too."""
    return all(fnmatchcase(key, wanted) for key, wanted in zip(path, pattern, strict=False))
