"""The cloud around a cluster: what its controllers create in Azure for Services and claims."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping


class CloudRefusalError(Exception):
    """Azure refused to create a resource for a cluster.

    Args:
        code: Azure's code.
        message: Azure's message.

    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Cloud(Protocol):
    """Creates and deletes resources in the node resource group."""

    def set_node_count(self, pool: str, count: int) -> None:
        """Note how many nodes a pool has now."""

    def create_address(self, name: str, tags: Mapping[str, str]) -> None:
        """Create a public address, or set the tags of one; raises CloudRefusalError."""

    def delete_address(self, name: str) -> None:
        """Delete a public address."""

    def create_disk(self, name: str, tags: Mapping[str, str]) -> None:
        """Create a disk; raises CloudRefusalError."""

    def delete_disk(self, name: str) -> None:
        """Delete a disk."""


class NoCloud:
    """A cloud without resources, for a cluster without Resource Manager."""

    def set_node_count(self, pool: str, count: int) -> None:
        """Note nothing."""

    def create_address(self, name: str, tags: Mapping[str, str]) -> None:
        """Create nothing."""

    def delete_address(self, name: str) -> None:
        """Delete nothing."""

    def create_disk(self, name: str, tags: Mapping[str, str]) -> None:
        """Create nothing."""

    def delete_disk(self, name: str) -> None:
        """Delete nothing."""


def read_tags(written: str) -> dict[str, str]:
    """Return tags written as `a=b,c=d`; like the cloud provider, ignore what is not a pair of two words."""
    pairs = [[part.strip() for part in pair.split("=")] for pair in written.split(",")]
    return {pair[0]: pair[1] for pair in pairs if len(pair) == len(("name", "value")) and all(pair)}
