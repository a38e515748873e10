"""When a password of the registry is renewed, and in which slot."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from deployer.azure.registry_passwords import LIFETIME, Password, find_hub_password

CREATED = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("age", "due"), [(0, False), (0.5, False), (0.66, False), (0.67, True), (1, True), (2, True)]
)
def test_a_password_is_renewed_in_the_last_third_of_its_life(age: float, *, due: bool) -> None:
    password = Password("password1", CREATED, CREATED + LIFETIME)
    assert password.is_due(CREATED + age * LIFETIME) is due


def test_a_password_that_never_expires_is_replaced_by_one_that_does() -> None:
    assert Password("password1", CREATED, None).is_due(CREATED)


def token(**passwords: tuple[str, str | None]) -> dict[str, Any]:
    listed = [
        {"name": name, "creationTime": created, **({"expiry": expiry} if expiry else {})}
        for name, (created, expiry) in passwords.items()
    ]
    return {"properties": {"credentials": {"passwords": listed}}}


BOTH = token(
    password1=("2026-01-01T00:00:00.1234567Z", "2027-01-01T00:00:00+00:00"),
    password2=("2026-06-01T00:00:00+00:00", "2027-06-01T00:00:00.1234567+00:00"),
)
JUNE, AUGUST, DECEMBER = (datetime(2026, month, 2, tzinfo=UTC) for month in (6, 8, 12))
JANUARY = datetime(2027, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("found", "slot", "free"),
    [
        (None, None, "password1"),
        ({"properties": {}}, None, "password1"),
        (token(password1=("2026-01-01T00:00:00Z", None)), "password1", "password2"),
        (BOTH, "password1", "password2"),
        (BOTH, "password2", "password1"),
        # It is most likely that the newest is in use.
        (BOTH, None, "password1"),
        (token(password1=("2026-01-01T00:00:00Z", None)), "password2", "password1"),
    ],
)
def test_a_new_password_takes_the_slot_that_is_not_in_use(
    found: dict[str, Any] | None, slot: str | None, free: str
) -> None:
    assert find_hub_password(found, slot, JUNE).free_slot == free


@pytest.mark.parametrize(
    ("slot", "now", "lasts_until"),
    [
        ("password1", AUGUST, "2027-01-01"),
        ("password1", DECEMBER, None),
        ("password2", DECEMBER, "2027-06-01"),
        (None, AUGUST, "2027-01-01"),
        (None, DECEMBER, None),
        (None, JANUARY, "2027-06-01"),
    ],
)
def test_the_password_of_the_hub_decides_and_where_it_is_not_known_the_first_that_expires(
    slot: str | None, now: datetime, lasts_until: str | None
) -> None:
    until = find_hub_password(BOTH, slot, now).lasts_until(now)
    assert (until and f"{until:%Y-%m-%d}") == lasts_until


@pytest.mark.parametrize("created", ["2026-06-01T00:00:00.1234567Z", "2026-06-01T00:00:00"])
@pytest.mark.parametrize("expiry", ["2027-06-01T02:00:00+02:00", "2027-06-01T00:00:00.0000001"])
def test_the_life_of_a_password_is_read_as_azure_writes_it(created: str, expiry: str) -> None:
    (found,) = find_hub_password(token(password2=(created, expiry)), "password2", JUNE).candidates
    assert found.expires is not None
    assert found.expires - found.created == timedelta(days=365)
