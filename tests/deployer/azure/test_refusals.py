"""What controllers report about Azure is told apart: refusals that last, and troubles that pass."""

from __future__ import annotations

import pytest

from deployer.azure.refusals import in_short, in_words, lasting_obstacle, lasting_refusal
from deployer.kubernetes.obstacles import Obstacle
from tests.deployer.azure.test_reported_errors import EVENTS

REPORTED = {entry["source"]: entry["event"] for entry in EVENTS}
SYNC = "Error syncing load balancer: failed to ensure load balancer: "


@pytest.mark.parametrize(
    "source",
    [
        "evgenyb/aks-workshops 22",  # a quota, in the words of the SDK for Go
        "pingcap/tidb-operator 3832",  # a missing right, Retriable: false
        "Azure/AKS 1945",  # a missing right on another group
        "scarolan/azure-terraform-beginners 20",  # a host name that is taken
        "kubernetes-sigs/azurefile-csi-driver 3047",  # a policy
        "Azure/AKS 1184",  # a quota, as the autoscaler says it
    ],
)
def test_a_refusal_lasts(source: str) -> None:
    assert lasting_refusal(REPORTED[source]) is not None


@pytest.mark.parametrize(
    "source",
    [
        "kubernetes-sigs/cloud-provider-azure 792",  # "Retriable: false" about an error that can be retried
        "gardener/gardener 1533",
        "Azure/AKS 2797",
    ],
)
def test_a_trouble_passes_whatever_is_remarked_about_it(source: str) -> None:
    assert lasting_refusal(REPORTED[source]) is None


# The text of Azure/AKS 2160.
UNKNOWN_REFUSAL = (
    f"{SYNC}Retriable: false, RetryAfter: 0s, HTTPStatusCode: 400, RawError: "
    '{"error":{"code":"InvalidTagValueLength","message":"Tag value too large."}}'
)


def test_a_refusal_that_no_rule_knows_is_known_by_its_status() -> None:
    known = lasting_refusal(UNKNOWN_REFUSAL)
    assert known is not None
    assert "Tag value too large." in known.meaning
    assert lasting_refusal(UNKNOWN_REFUSAL.replace("400", "409")) is None
    assert lasting_refusal(UNKNOWN_REFUSAL.replace("Retriable: false", "Retriable: true")) is None


def test_an_event_is_shown_without_its_envelopes() -> None:
    assert in_short(UNKNOWN_REFUSAL) == "InvalidTagValueLength: Tag value too large."
    assert in_short("timed out waiting for the condition") == "timed out waiting for the condition"


def test_only_reasons_that_quote_azure_are_judged_by_its_rules() -> None:
    reason = "Error, this log of a program has the words exceeding quota limits and exit status=50"
    assert lasting_obstacle(Obstacle("hub-1", reason)) is None
    assert lasting_obstacle(Obstacle("hub-1", UNKNOWN_REFUSAL, may_quote_azure=True)) is not None
    assert in_words(Obstacle("hub-1", UNKNOWN_REFUSAL, may_quote_azure=True)) == (
        "hub-1: InvalidTagValueLength: Tag value too large."
    )


def test_an_image_that_does_not_exist_has_an_explanation() -> None:
    known = lasting_obstacle(Obstacle("hub-1", "ErrImagePull, not found", lasts=True))
    assert known is not None
    assert "image" in known.meaning
