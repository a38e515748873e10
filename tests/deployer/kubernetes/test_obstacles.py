"""Why a workload is not ready is found in the status of its pods and in events."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from deployer.azure.refusals import in_words, lasting_obstacle
from deployer.kubernetes.events import ClusterEvent, EventHistory
from deployer.kubernetes.obstacles import SOLVERS, Obstacle, Situation, obstacles_in

# In the words of containerd, the disk driver, the cluster autoscaler and the policy webhook.
MISSING_IMAGE = (
    'Failed to pull image "example.org/hub:1": rpc error: code = NotFound desc = failed to pull and unpack '
    'image "example.org/hub:1": failed to resolve reference "example.org/hub:1": example.org/hub:1: not found'
)
RATE_LIMIT = (
    'Failed to pull image "hub:1": failed to copy: httpReadSeeker: failed open: unexpected status code 429 '
    "Too Many Requests - Server message: toomanyrequests: You have reached your unauthenticated pull rate "
    "limit."
)
NO_DISK = (
    'failed to provision volume with StorageClass "default": rpc error: code = Internal desc = '
    'Retriable: false, RetryAfter: 0s, HTTPStatusCode: 403, RawError: {"error":{"code":'
    '"RequestDisallowedByPolicy","message":"Resource \'pvc-1\' was disallowed by policy."}}'
)
NO_CORES = (
    'Scale-up failed for group aks-user-1-vmss: Code="OperationNotAllowed" Message="Operation results in '
    'exceeding quota limits of Core. Maximum allowed: 4, Current in use: 4, Additional requested: 2."'
)
PRIVILEGED = (
    'Error creating: admission webhook "validation.gatekeeper.sh" denied the request: [azurepolicy-1] '
    'Privileged container is not allowed: dind, securityContext: {"privileged": true}'
)
UNSCHEDULABLE = {
    "type": "PodScheduled",
    "status": "False",
    "reason": "Unschedulable",
    "message": "0/2 nodes are available: 2 Insufficient cpu.",
}


def pod(name: str = "hub-1", kind: str = "ReplicaSet", **status: Any) -> dict[str, Any]:
    owner = {"kind": kind, "name": "hub", "controller": True}
    return {
        "metadata": {"name": name, "uid": name, "ownerReferences": [owner]},
        "spec": {"volumes": [{"persistentVolumeClaim": {"claimName": "hub-db-dir"}}]},
        "status": {"phase": "Pending", **status},
    }


def waiting(reason: str, message: str | None = None) -> dict[str, Any]:
    return {"containerStatuses": [{"state": {"waiting": {"reason": reason, "message": message}}}]}


def event(kind: str, name: str, reason: str, message: str, *, warning: bool = True) -> ClusterEvent:
    return ClusterEvent(kind, name, reason, message, warning, uid=f"{kind}/{name}/{reason}", sign="1")


def only(situation: Situation) -> Obstacle:
    (obstacle,) = obstacles_in(situation)
    return obstacle


def test_a_ready_pod_and_one_that_has_done_its_work_are_no_obstacles() -> None:
    ready = pod(conditions=[{"type": "Ready", "status": "True"}])
    assert obstacles_in(Situation([ready, pod(phase="Succeeded")])) == []


def test_pods_of_users_builds_and_placeholders_are_no_obstacles() -> None:
    visitor = pod("jupyter-ada", **waiting("ErrImagePull", "not found"))
    visitor["metadata"]["ownerReferences"] = []
    placeholder = pod("user-placeholder-0", "StatefulSet", conditions=[UNSCHEDULABLE])
    placeholder["metadata"]["labels"] = {"component": "user-placeholder"}
    assert obstacles_in(Situation([visitor, placeholder])) == []


def test_an_image_that_does_not_exist_lasts_though_the_status_only_says_that_the_kubelet_waits() -> None:
    backing_off = pod(**waiting("ImagePullBackOff", 'Back-off pulling image "example.org/hub:1"'))
    found = only(Situation([backing_off], [event("Pod", "hub-1", "Failed", MISSING_IMAGE)]))
    assert found.lasts
    assert "example.org/hub:1: not found" in found.reason


def test_the_pods_that_answer_a_certificate_authority_are_waited_for_on_their_own() -> None:
    solver = pod("cm-acme-http-solver-1", "Challenge", **waiting("ErrImagePull", MISSING_IMAGE))
    assert obstacles_in(Situation([solver])) == []
    assert only(Situation([solver, pod()], controllers=SOLVERS)).subject == "cm-acme-http-solver-1"


def test_an_image_that_is_limited_for_now_does_not_last() -> None:
    found = only(Situation([pod(**waiting("ErrImagePull", RATE_LIMIT))]))
    assert not found.lasts
    assert "pull rate limit" in found.reason


def test_a_pod_from_before_the_wait_is_shown_but_does_not_end_it() -> None:
    situation = Situation([pod(**waiting("ErrImagePull", MISSING_IMAGE))])
    assert only(situation).lasts
    assert not only(replace(situation, older_pods={"hub-1"})).lasts


def test_a_claim_that_gets_no_volume_is_the_reason_of_its_pod() -> None:
    refused = event("PersistentVolumeClaim", "hub-db-dir", "ProvisioningFailed", NO_DISK)
    found = only(Situation([pod()], [refused], unbound_claims={"hub-db-dir"}))
    assert found.subject == "hub-1, volume hub-db-dir"
    assert lasting_obstacle(found) is not None
    assert in_words(found).endswith("RequestDisallowedByPolicy: Resource 'pvc-1' was disallowed by policy.")
    bound = only(Situation([pod()], [refused]))
    assert bound.reason == "Pending"


def test_nodes_that_do_not_come_are_the_reason_of_a_pod_that_fits_nowhere() -> None:
    scale_up = event("ConfigMap", "cluster-autoscaler-status", "FailedToScaleUpGroup", NO_CORES)
    found = only(Situation([pod(conditions=[UNSCHEDULABLE])], failed_scale_up=scale_up))
    assert "no node for it" in found.reason
    explained = lasting_obstacle(found)
    assert explained is not None
    assert "The quota Core is 4" in explained.meaning


def test_what_the_autoscaler_says_about_a_pod_is_shown() -> None:
    full = "pod didn't trigger scale-up: 1 max node group size reached"
    said = event("Pod", "hub-1", "NotTriggerScaleUp", full, warning=False)
    found = only(Situation([pod(conditions=[UNSCHEDULABLE])], [said]))
    assert found.reason == f"Unschedulable, 0/2 nodes are available: 2 Insufficient cpu.; {full}"
    assert lasting_obstacle(found) is None


def test_a_controller_whose_pods_are_refused_is_an_obstacle_though_there_is_no_pod() -> None:
    refused = event("DaemonSet", "hub-dind", "FailedCreate", PRIVILEGED)
    found = only(Situation([], [refused]))
    explained = lasting_obstacle(found)
    assert explained is not None
    assert "privileged containers" in explained.meaning
    own = pod("hub-dind-1", conditions=[{"type": "Ready", "status": "True"}])
    own["metadata"]["ownerReferences"] = [{"kind": "DaemonSet", "name": "hub-dind", "controller": True}]
    assert obstacles_in(Situation([own], [refused])) == []


@pytest.mark.parametrize("reason", ["FailedMount", "FailedAttachVolume"])
def test_the_newest_warning_about_a_pod_that_has_not_started_is_shown(reason: str) -> None:
    events = [
        event("Pod", "hub-1", "FailedScheduling", "no nodes available"),
        event("Pod", "hub-1", reason, "timed out waiting for the condition"),
    ]
    assert only(Situation([pod()], events)).reason == f"{reason}, timed out waiting for the condition"


def test_events_of_an_earlier_run_count_when_they_occur_again() -> None:
    old = event("Pod", "hub-1", "Failed", "old")
    history = EventHistory([old])
    new = event("Pod", "hub-2", "Failed", "new")
    assert history.since([old, new]) == [new]
    assert history.since([replace(old, sign="2")]) == [replace(old, sign="2")]
