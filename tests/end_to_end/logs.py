"""What a deployment says while it runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.end_to_end.deployments import Ran


def events(ran: Ran) -> list[dict[str, Any]]:
    """Return the events in the log of a deployment with `--output json`."""
    return [json.loads(line) for line in ran.stderr.splitlines() if line.startswith("{")]


def messages(ran: Ran, kind: str | None = None) -> str:
    """Return the messages of all events, or of those of one kind, one a line."""
    return "\n".join(event["message"] for event in events(ran) if kind in (None, event["kind"]))


def outcome(ran: Ran, step: str) -> str:
    """Return what a step says that it has done."""
    done = [event for event in events(ran) if event["kind"] == "step_done" and event["step"] == step]
    return str(done[-1]["message"])
