"""The records of a record set: the property that holds them, by record type, and their validation.

Property names: Azure's published schema of Microsoft.Network/dnsZones, 2018-05-01.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.providers.dns import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

PROPERTIES = {
    "A": "ARecords",
    "AAAA": "AAAARecords",
    "CAA": "caaRecords",
    "CNAME": "CNAMERecord",
    "MX": "MXRecords",
    "NS": "NSRecords",
    "PTR": "PTRRecords",
    "SOA": "SOARecord",
    "SRV": "SRVRecords",
    "TXT": "TXTRecords",
}
SINGLE = frozenset({"CNAME", "SOA"})
APEX = "@"
LONGEST_TTL = 2**31 - 1
MOST_METADATA = 10
LONGEST_NAME = 253
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_ADDRESSES: dict[str, tuple[str, type[ipaddress.IPv4Address | ipaddress.IPv6Address]]] = {
    "A": ("ipv4Address", ipaddress.IPv4Address),
    "AAAA": ("ipv6Address", ipaddress.IPv6Address),
}


def is_name(name: str) -> bool:
    """Return whether a name, with or without the dot at its end, is a domain name."""
    name = name.removesuffix(".")
    return len(name) <= LONGEST_NAME and _NAME.fullmatch(name) is not None


def check_records(kind: str, properties: Mapping[str, Any]) -> None:
    """Validate the properties of a record set.

    Args:
        kind: the record type, "CNAME".
        properties: TTL, metadata and the records.

    Raises:
        ArmError: Azure DNS would refuse them.

    """
    _check_ttl(properties.get("TTL"))
    if len(properties.get("metadata") or {}) > MOST_METADATA:
        raise errors.bad_request(f"A record set can have at most {MOST_METADATA} metadata entries.")
    others = sorted(set(properties) & set(PROPERTIES.values()) - {PROPERTIES[kind]})
    if others:
        raise errors.bad_request(f"The property '{others[0]}' is not one of a record set of type '{kind}'.")
    records = properties.get(PROPERTIES[kind])
    if kind == "CNAME":
        _check_target(str((records or {}).get("cname", "")))
    if kind in _ADDRESSES:
        for record in records or ():
            _check_address(kind, record)


def _check_ttl(ttl: object) -> None:
    if not isinstance(ttl, int) or not 1 <= ttl <= LONGEST_TTL:
        raise errors.bad_request(f"The TTL '{ttl}' is invalid: it is a number from 1 to {LONGEST_TTL}.")


def _check_target(target: str) -> None:
    if not is_name(target):
        raise errors.invalid_name(target)


def _check_address(kind: str, record: Mapping[str, Any]) -> None:
    field, parse = _ADDRESSES[kind]
    try:
        parse(str(record.get(field, "")))
    except ValueError:
        raise errors.bad_request(f"The value '{record.get(field)}' is not a valid {field}.") from None
