"""A public address that Azure refuses ends the run at once, with the words of Azure and what helps."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.end_to_end.deployments import deploy, group_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.client import RunningSandbox

HUB = "addressless"
# A region of its own: the limit is for all hubs in it.
REGION = "southeastasia"
WHERE = {"RESOURCE_GROUP_LOCATION": REGION}
POLICY = {
    "status": 403,
    "code": "RequestDisallowedByPolicy",
    "message": "Resource 'kubernetes-a1' was disallowed by policy. Reasons: 'No public addresses.'. "
    "See error details for policy resource IDs.",
}


@pytest.fixture(autouse=True)
def _no_limit_afterwards(sandbox: RunningSandbox) -> Iterator[None]:
    yield
    sandbox.ask("PUT", f"/public-addresses/{REGION}", {})


@contextmanager
def refused(sandbox: RunningSandbox, **wanted: Any) -> Iterator[None]:
    sandbox.ask("PUT", f"/public-addresses/{REGION}", wanted)
    yield
    sandbox.ask("PUT", f"/public-addresses/{REGION}", {})


def test_a_used_up_quota_ends_the_run_and_is_told_for_both_services(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    with group_of(sandbox, HUB):
        with refused(sandbox, limit=1):  # the outbound address of the cluster
            ran = deploy(sandbox, tmp_path, HUB, **WHERE)
        assert ran.status == 1
        assert "Cannot create more than 1 public IP addresses" in ran.stderr
        assert "the Service binder" in ran.stderr
        assert "the Service proxy-public" in ran.stderr
        assert "no public IP address left" in ran.stderr
        # The refusals of the run before stay in the cluster for an hour, and say nothing about now.
        again = deploy(sandbox, tmp_path, HUB, **WHERE)
        assert again.status == 0, again.stderr


def test_a_policy_against_public_addresses_ends_the_run_with_its_reason(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    with group_of(sandbox, HUB), refused(sandbox, refusal=POLICY):
        ran = deploy(sandbox, tmp_path, HUB, **WHERE)
        assert ran.status == 1
        assert "A policy of your organisation forbids this" in ran.stderr
        assert "No public addresses" in ran.stderr
