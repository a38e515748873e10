"""Writes tags for what Azure's cloud provider and disk driver create in the name of the cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.settings.types.tags import reaches_addresses_and_disks

if TYPE_CHECKING:
    from collections.abc import Mapping


def written_tags(tags: Mapping[str, str]) -> str:
    """Return tags in the format of both, `a=b,c=d`, which has no way to write a comma or an equals sign.

    Both ignore or refuse what they cannot read. Such tags are left out; a warning names them before the run.
    """
    return ",".join(
        f"{name}={content}"
        for name, content in tags.items()
        if reaches_addresses_and_disks(name) and reaches_addresses_and_disks(content)
    )
