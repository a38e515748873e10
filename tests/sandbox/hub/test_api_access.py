"""The addresses that the API server of a cluster answers, before and after a change has its effect."""

from __future__ import annotations

from sandbox.clock import Clock
from sandbox.clusters.api_access import ApiAccess

OFFICE, INSIDE, OUTSIDE = "192.0.2.0/24", "192.0.2.9", "203.0.113.9"


def test_everybody_is_answered_at_first_and_the_ranges_alone_in_a_new_cluster() -> None:
    access = ApiAccess(Clock(0.0))
    assert access.admits(OUTSIDE)
    access.set([OFFICE], at_once=True)
    assert (access.admits(INSIDE), access.admits(OUTSIDE)) == (True, False)


def test_a_change_has_its_effect_later() -> None:
    slow, at_once = ApiAccess(Clock(1.0)), ApiAccess(Clock(0.0))
    for access in (slow, at_once):
        access.set([OFFICE], at_once=False)
    assert slow.admits(OUTSIDE)
    assert not at_once.admits(OUTSIDE)
    at_once.set([], at_once=False)
    assert at_once.admits(OUTSIDE)
