"""Reads the objects of a release out of what helm says of it.

With libyaml, which PyYAML brings along: the definitions of cert-manager alone have 30,000 lines, and Python
takes two seconds to read them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SUCCEEDED = "Succeeded"
REMOVED_WHEN_DONE = "hook-succeeded"


class _Loader(yaml.CSafeLoader):
    """Reads `=` as text, as helm does; YAML 1.1 has a type of its own for it, which nobody uses."""


def _text(loader: yaml.CSafeLoader, node: Any) -> Any:
    return loader.construct_scalar(node)


_Loader.add_constructor("tag:yaml.org,2002:value", _text)


def objects_in(manifest: str) -> list[dict[str, Any]]:
    """Return the objects in the manifest of a release."""
    return [each for each in yaml.load_all(manifest, Loader=_Loader) if each]


def lasting_hooks(hooks: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the objects that hooks made and that helm does not remove again; no manifest has them.

    Jobs and pods that have ended may be removed by the cluster, too.

    Args:
        hooks: of a release, as `helm status` has them.

    """
    return [
        each
        for hook in hooks
        if hook["last_run"].get("phase") == SUCCEEDED
        and REMOVED_WHEN_DONE not in hook.get("delete_policies", ())
        and hook["kind"] not in {"Job", "Pod"}
        for each in objects_in(hook["manifest"])
    ]
