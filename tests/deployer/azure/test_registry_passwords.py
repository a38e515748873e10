"""When a password of the registry is renewed, and in which slot."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from deployer.azure.registry_passwords import LIFETIME, Password, free_slot, newest_password

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


@pytest.mark.parametrize(
    ("found", "slot", "free"),
    [
        (None, None, "password1"),
        ({"properties": {}}, None, "password1"),
        (token(password1=("2026-01-01T00:00:00Z", None)), "password1", "password2"),
        (
            token(
                password1=("2026-01-01T00:00:00.1234567Z", "2027-01-01T00:00:00+00:00"),
                password2=("2026-06-01T00:00:00+00:00", "2027-06-01T00:00:00.1234567+00:00"),
            ),
            "password2",
            "password1",
        ),
    ],
)
def test_a_new_password_takes_the_slot_that_is_not_in_use(
    found: dict[str, Any] | None, slot: str | None, free: str
) -> None:
    newest = newest_password(found)
    assert (newest.slot if newest else None) == slot
    assert free_slot(newest) == free


@pytest.mark.parametrize("created", ["2026-06-01T00:00:00.1234567Z", "2026-06-01T00:00:00"])
@pytest.mark.parametrize("expiry", ["2027-06-01T02:00:00+02:00", "2027-06-01T00:00:00.0000001"])
def test_the_life_of_a_password_is_read_as_azure_writes_it(created: str, expiry: str) -> None:
    newest = newest_password(token(password2=(created, expiry)))
    assert newest is not None
    assert newest.expires is not None
    assert newest.expires - newest.created == timedelta(days=365)
