"""Type of the TCP ports that code from repositories may connect to on the internet."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator

from deployer.settings.types.lists import several
from deployer.settings.types.validation import refusal

# As on mybinder.org, without the two that serve single products: web, git, rsync, XRootD (data of physics).
DEFAULT_EGRESS_PORTS = ("80", "443", "9418", "873", "1094-1095")
# Mail servers (RFC 5321, 8314): an open hub would send other people's spam, in the name of your subscription.
MAIL_PORTS = (25, 465, 587)
LARGEST_PORT = 65535
_PORTS = re.compile(r"[0-9]{1,5}(?:-[0-9]{1,5})?")


def read_port_range(text: str) -> tuple[int, int]:
    """Return the first and the last port of `22` or `8000-8010`."""
    first, _, last = text.partition("-")
    return int(first), int(last or first)


def egress_ports(value: Any) -> tuple[str, ...]:
    """Accept TCP ports and ranges of them: `22, 8000-8010`."""
    single = isinstance(value, int) and not isinstance(value, bool)
    many = [str(each) for each in value] if isinstance(value, list | tuple) else value
    return several(_port_range)(str(value) if single else many)


def _port_range(text: str) -> str:
    first, last = read_port_range(text) if _PORTS.fullmatch(text) else (0, 0)
    if not 0 < first <= last <= LARGEST_PORT:
        raise refusal(
            f"must list TCP ports from 1 to {LARGEST_PORT}.", "Write them like 22, or 22, 8000-8010."
        )
    if any(first <= port <= last for port in MAIL_PORTS):
        raise refusal(
            "opens a port of mail servers (25, 465, 587): anyone could send spam from your subscription.",
            "Leave these ports out.",
        )
    return text


EgressPorts = Annotated[tuple[str, ...], BeforeValidator(egress_ports)]
