"""Explains why a host name is not proven yet, from the self-check of cert-manager before any order."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

# Texts of the HTTP-01 solver of cert-manager, and of the Go library that it uses.
_PROPAGATION = re.compile(r"Waiting for \S+ challenge propagation: (.*)", re.DOTALL)
_REASONS = (
    (re.compile(r"no such host"), "the name does not exist"),
    (re.compile(r"server misbehaving|lookup .*(?:timeout|timed out)"), "its DNS server does not answer"),
    (
        re.compile(r"connection refused|connection reset|no route to host"),
        "nothing accepts connections there",
    ),
    (re.compile(r"deadline exceeded|timeout|timed out"), "no answer in time"),
    (re.compile(r"wrong status code '(\d+)'"), "something answers with status {0}"),
    (re.compile(r"did not get expected response"), "something else answers there"),
)
# The address of the request is in all of them, twice.
_REQUEST = re.compile(r"failed to perform self check GET request '[^']*': (?:Get \"[^\"]*\": )?")
_LONGEST = 200


def why_unproven(challenge: Mapping[str, Any]) -> str | None:
    """Return why the name of a challenge does not lead to the hub; None where it does."""
    match = _PROPAGATION.fullmatch((challenge.get("status") or {}).get("reason") or "")
    if match is None:
        return None
    for pattern, words in _REASONS:
        if found := pattern.search(match[1]):
            return words.format(*found.groups())
    return _REQUEST.sub("", match[1])[:_LONGEST]
