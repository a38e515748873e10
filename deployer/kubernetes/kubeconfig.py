"""Moves the keys and certificates of a kubeconfig into files beside it.

kr8s writes each of them into a file of its own in the directory for temporary files when they stand in the
kubeconfig, and never removes these files. It uses files that the kubeconfig names as they are.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import yaml

from deployer.errors import KubernetesError
from deployer.private_files import write_private_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Of the sections `cluster` and `user`; with the suffix "-data" their content stands in the kubeconfig.
_FILES = ("certificate-authority", "client-certificate", "client-key")


def with_files(kubeconfig: bytes, folder: Path) -> bytes:
    """Write keys and certificates into a private folder; return a kubeconfig that names these files.

    Raises:
        KubernetesError: it is no kubeconfig.

    """
    try:
        config = yaml.load(kubeconfig, Loader=yaml.CSafeLoader)
        for section in _sections(config):
            for name in _FILES:
                if (data := section["content"].pop(f"{name}-data", None)) is not None:
                    path = folder / f"{section['name']}.{name}"
                    write_private_file(path, base64.b64decode(data))
                    section["content"][name] = str(path)
    except (yaml.YAMLError, ValueError, TypeError, KeyError):
        raise KubernetesError("The kubeconfig of the cluster cannot be read.", retryable=True) from None
    return str(yaml.dump(config, Dumper=yaml.CSafeDumper)).encode()


def _sections(config: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield each cluster and each user of a kubeconfig: what files name it, and its content."""
    for kind in ("cluster", "user"):
        for number, entry in enumerate(config[f"{kind}s"]):
            yield {"name": f"{kind}-{number}", "content": entry[kind]}
