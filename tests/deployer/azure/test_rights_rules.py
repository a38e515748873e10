"""What the refusals of rights, registrations and network rules mean, and what each suggests."""

from __future__ import annotations

import pytest

from deployer.azure.errors import explain
from deployer.steps.providers import needed_providers
from tests.deployer.settings_of import settings_of

IDENTITIES = "Microsoft.ManagedIdentity/userAssignedIdentities"
IDENTITY = f"/subscriptions/s/resourcegroups/it/providers/{IDENTITIES}/hub-deployer"
ASSIGN = f"{IDENTITIES}/assign/action"


def test_a_network_rule_and_a_missing_role_have_different_remedies() -> None:
    closed = explain("This request is not authorized to perform this operation.", "AuthorizationFailure")
    role = explain("… using this permission.", "AuthorizationPermissionMismatch")
    assert closed is not None
    assert role is not None
    assert "Networking" in closed.suggestion
    assert "Storage Blob Data Contributor" not in closed.suggestion
    assert not closed.retryable
    assert "Storage Blob Data Contributor" in role.suggestion
    assert role.retryable


@pytest.mark.parametrize(
    ("action", "end"),
    [(f"action(s) '{ASSIGN}'", "(respectively) or the linked"), (f"action '{ASSIGN}'", "or the linked")],
)
def test_an_identity_of_another_group_needs_a_role_on_itself(action: str, end: str) -> None:
    words = f"does not have permission to perform {action} on the linked scope(s) '{IDENTITY}' {end}"
    known = explain(f"The client 'x' has permission to …; however, it {words}", "LinkedAuthorizationFailed")
    assert known is not None
    assert "Managed Identity Operator on the identity hub-deployer" in known.suggestion


@pytest.mark.parametrize(
    "code",
    [
        "MissingSubscriptionRegistration",
        "MissingRegistrationForResourceProvider",
        "SubscriptionNotRegistered",
    ],
)
@pytest.mark.parametrize("words", ["not registered to use namespace 'Microsoft.Compute'.", "not registered"])
def test_one_missing_registration_names_all_that_a_hub_needs(code: str, words: str) -> None:
    known = explain(f"The subscription is {words}", code)
    assert known is not None
    assert [each for each in needed_providers(settings_of()) if each not in known.suggestion] == []
