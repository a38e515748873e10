"""The type of the setting API_SERVER_AUTHORIZED_RANGES: public addresses, and ranges of them."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Annotated, Any

from pydantic import BeforeValidator

from deployer.settings.types.lists import several
from deployer.settings.types.validation import refusal

EVERYBODY = "0.0.0.0/0"
# Azure takes 200 (AKS, API server authorized IP ranges), and the deployer adds its own while it runs.
MOST_RANGES = 199
_NEVER_SEEN = tuple(
    map(
        IPv4Network,
        ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
    )
)


def address_ranges(value: Any) -> tuple[str, ...]:
    """Accept public IPv4 addresses and ranges of them in CIDR notation, or 0.0.0.0/0 alone for everybody."""
    ranges = several(_range)(value)
    if len(ranges) > MOST_RANGES:
        raise refusal(f"has more than {MOST_RANGES} ranges.", "Join some to larger ranges.")
    if EVERYBODY in ranges and len(ranges) > 1:
        raise refusal(
            f"has other ranges beside {EVERYBODY}, which is everybody.",
            f"Leave out {EVERYBODY}, or the others.",
        )
    return ranges


def _range(text: str) -> str:
    try:
        found = IPv4Network(text, strict=False)
    except ValueError:
        raise refusal(
            "must list IPv4 addresses or ranges.",
            "Write them like 192.0.2.17, 198.51.100.0/24, separated by commas.",
        ) from None
    if str(found) != EVERYBODY and any(found.overlaps(each) for each in _NEVER_SEEN):
        raise refusal(
            "has addresses of private networks, which the API server never sees.",
            "Write the addresses that your network has on the internet.",
        )
    return str(found)


AddressRanges = Annotated[tuple[str, ...], BeforeValidator(address_ranges)]
