"""The public IP addresses of all clusters: how many a region may have, and what else Azure refuses."""

from __future__ import annotations

from dataclasses import dataclass

BAD_REQUEST = 400


@dataclass(frozen=True)
class AddressRefusal:
    """An answer of Azure to a request for a public IP address: status, error code and message."""

    status: int
    code: str
    message: str


class PublicAddresses:
    """The public IP addresses of the subscription, which every region counts for itself.

    A subscription that is paid for has far more than clusters here need, so there is no limit until one is
    set; trial and student subscriptions have three a region.
    """

    def __init__(self) -> None:
        self._owners: dict[str, tuple[str, str]] = {}
        self._limits: dict[str, int] = {}
        self._refusals: dict[str, AddressRefusal] = {}

    def set_limit(self, location: str, limit: int | None) -> None:
        """Set how many addresses a region may have, None for no limit."""
        self._limits.pop(location, None)
        if limit is not None:
            self._limits[location] = limit

    def set_refusal(self, location: str, refusal: AddressRefusal | None) -> None:
        """Let Azure refuse new addresses in a region for another reason, None for no longer."""
        self._refusals.pop(location, None)
        if refusal is not None:
            self._refusals[location] = refusal

    def take(self, location: str, owner: str, fqdn: str) -> AddressRefusal | None:
        """Give an address to an owner; return the refusal where it gets none.

        Args:
            location: the region.
            owner: uid of a Service, or the host name of a cluster for its outbound address.
            fqdn: the API host name of the cluster.

        """
        if owner in self._owners:
            return None
        if refusal := self._refusals.get(location) or self._over_limit(location):
            return refusal
        self._owners[owner] = (location, fqdn)
        return None

    def release(self, owner: str) -> None:
        """Take the address back from an owner."""
        self._owners.pop(owner, None)

    def release_cluster(self, fqdn: str) -> None:
        """Take back all addresses of a cluster."""
        self._owners = {owner: where for owner, where in self._owners.items() if where[1] != fqdn}

    def _over_limit(self, location: str) -> AddressRefusal | None:
        limit = self._limits.get(location)
        used = sum(1 for region, _ in self._owners.values() if region == location)
        if limit is None or used < limit:
            return None
        return AddressRefusal(
            BAD_REQUEST,
            "PublicIPCountLimitReached",
            f"Cannot create more than {limit} public IP addresses for this subscription in this region.",
        )
