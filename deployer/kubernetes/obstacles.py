"""Finds why the workloads of a release are not ready: images, nodes, volumes, refused pods.

The status of a pod often says only that it waits. The reason is in an event about the pod, about the claim
whose volume it needs, about the controller that may not create it, or of the cluster autoscaler.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from deployer.kubernetes.events import EventHistory, list_events
from deployer.kubernetes.objects import list_objects
from deployer.names import CERT_MANAGER, INGRESS
from deployer.quoting import GUARD

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from kr8s.asyncio import Api

    from deployer.kubernetes.events import ClusterEvent

    Object = Mapping[str, Any]

AUTOSCALER_NAMESPACE = "kube-system"
# HELM_VALUES have no part in what runs here.
INFRASTRUCTURE = frozenset({INGRESS, CERT_MANAGER})

# Kinds whose pods a release consists of, and the kind of cert-manager whose pods answer an authority.
WORKLOADS = frozenset({"ReplicaSet", "StatefulSet", "DaemonSet", "Job"})
SOLVERS = frozenset({"Challenge"})

# Texts of the kubelet and containerd about an image that no later attempt finds either.
_NO_SUCH_IMAGE = re.compile(
    r"InvalidImageName|ErrImageNeverPull|manifest unknown|manifest for \S+ not found|: not found"
    r"|404 Not Found"
    r"|no match for platform|invalid reference format|repository does not exist",
    re.IGNORECASE,
)
_IMAGE_REASONS = {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"}
_FAILED_PULL = "Failed to pull image"
_FAILED_SCALE_UP = {"FailedToScaleUpGroup", "ScaleUpTimedOut"}
_NO_SCALE_UP = {"NotTriggerScaleUp", "FailedScaleUp"}


@dataclass(frozen=True)
class Obstacle:
    """What keeps a pod or its controller from being ready.

    Attributes:
        subject: the name of the pod, or kind and name of the controller.
        reason: words of the cluster.
        lasts: whether waiting cannot remove it, as far as the cluster itself can tell.
        may_quote_azure: whether the reason is from a controller that quotes answers of Azure or of a policy.
        may_quote_values: whether subject and reason may quote HELM_VALUES.

    """

    subject: str
    reason: str
    lasts: bool = False
    may_quote_azure: bool = False
    may_quote_values: bool = False

    def __str__(self) -> str:
        return f"{self.subject}: {self.reason}"


@dataclass(frozen=True)
class Situation:
    """What a namespace looks like.

    Attributes:
        pods: all pods.
        events: those that occurred since the wait began, the newest last.
        unbound_claims: names of the claims that have no volume.
        failed_scale_up: the newest event about a node pool that the autoscaler could not enlarge.
        older_pods: uids of pods from before the wait began.
        controllers: kinds of the controllers whose pods are waited for.

    """

    pods: Sequence[Object]
    events: Sequence[ClusterEvent] = ()
    unbound_claims: AbstractSet[str] = frozenset()
    failed_scale_up: ClusterEvent | None = None
    older_pods: AbstractSet[str] = frozenset()
    controllers: AbstractSet[str] = WORKLOADS


class ObstacleFinder:
    """Finds the obstacles in one namespace.

    Events and pods of an earlier run do not speak for this one, so what there is at first is remembered.

    Args:
        api: the cluster's API.
        namespace: of the release.
        at_first: the situation when the wait began.
        scale_up_events: about node pools, when the wait began.

    """

    def __init__(
        self, api: Api, namespace: str, at_first: Situation, scale_up_events: Sequence[ClusterEvent]
    ) -> None:
        self._api = api
        self._namespace = namespace
        self._history = EventHistory(at_first.events)
        self._scale_up_history = EventHistory(scale_up_events)
        self._older_pods = frozenset(pod["metadata"]["uid"] for pod in at_first.pods)
        self._controllers = at_first.controllers

    @classmethod
    async def open(
        cls, api: Api, namespace: str, controllers: AbstractSet[str] = WORKLOADS
    ) -> ObstacleFinder:
        """Look at the namespace for the first time."""
        pods = await list_objects(api, "v1", "Pod", namespace)
        at_first = Situation(pods, await list_events(api, namespace), controllers=controllers)
        return cls(api, namespace, at_first, await _scale_up_events(api))

    async def find(self) -> list[Obstacle]:
        """Return the obstacles, those of controllers first."""
        guarded = GUARD.watches and self._controllers == WORKLOADS and self._namespace not in INFRASTRUCTURE
        return [replace(each, may_quote_values=guarded) for each in await self._find()]

    async def _find(self) -> list[Obstacle]:
        pods = await list_objects(self._api, "v1", "Pod", self._namespace)
        events = self._history.since(await list_events(self._api, self._namespace))
        scale_up = self._scale_up_history.since(await _scale_up_events(self._api))
        return obstacles_in(
            Situation(
                pods,
                events,
                await self._unbound_claims(),
                scale_up[-1] if scale_up else None,
                self._older_pods,
                self._controllers,
            )
        )

    async def _unbound_claims(self) -> set[str]:
        claims = await list_objects(self._api, "v1", "PersistentVolumeClaim", self._namespace)
        return {
            claim["metadata"]["name"] for claim in claims if claim.get("status", {}).get("phase") != "Bound"
        }


def obstacles_in(situation: Situation) -> list[Obstacle]:
    """Return what keeps the workloads of a release from being ready, controllers without pods first."""
    refused = _refused_pods(situation)
    controllers = [Obstacle(f"{kind} {name}", text, may_quote_azure=True) for (kind, name), text in refused]
    waiting = [pod for pod in situation.pods if _is_waited_for(pod, situation) and not is_ready(pod)]
    return controllers + [_obstacle(pod, situation) for pod in waiting]


def _obstacle(pod: Object, situation: Situation) -> Obstacle:
    name = pod["metadata"]["name"]
    own = [event for event in situation.events if (event.kind, event.name) == ("Pod", name)]
    if image := _image_problem(pod, own):
        is_new = pod["metadata"]["uid"] not in situation.older_pods
        return Obstacle(name, image, lasts=is_new and _NO_SUCH_IMAGE.search(image) is not None)
    if volume := _failed_volume(pod, situation):
        return Obstacle(f"{name}, volume {volume.name}", volume.message, may_quote_azure=True)
    if _is_unschedulable(pod):
        return _unschedulable(pod, own, situation.failed_scale_up)
    warnings = [event for event in own if event.is_warning]
    if warnings and not _has_started(pod):
        return Obstacle(name, f"{warnings[-1].reason}, {warnings[-1].message}", may_quote_azure=True)
    return Obstacle(name, reason_of(pod))


def is_ready(pod: Object) -> bool:
    """Return whether a pod is ready, or has done its work."""
    if pod["status"].get("phase") == "Succeeded":
        return True
    conditions = pod["status"].get("conditions", [])
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)


def reason_of(pod: Object) -> str:
    """Return the most specific reason in the status of a pod."""
    for state in _container_states(pod):
        waiting = state.get("waiting") or state.get("terminated")
        if waiting and waiting.get("reason") != "Completed":
            return ", ".join(filter(None, (waiting.get("reason"), waiting.get("message"))))
    for condition in pod["status"].get("conditions", []):
        if condition["status"] == "False" and condition.get("message"):
            return f"{condition.get('reason', condition['type'])}, {condition['message']}"
    return str(pod["status"].get("phase", "no status yet"))


async def _scale_up_events(api: Api) -> list[ClusterEvent]:
    found = await list_events(api, AUTOSCALER_NAMESPACE, "type=Warning")
    return [event for event in found if event.reason in _FAILED_SCALE_UP]


def _failed_volume(pod: Object, situation: Situation) -> ClusterEvent | None:
    """Return the newest event about a claim of a pod that gets no volume."""
    claims = situation.unbound_claims & set(_claims_of(pod))
    found = [
        event
        for event in situation.events
        if event.is_warning and event.kind == "PersistentVolumeClaim" and event.name in claims
    ]
    return found[-1] if found else None


def _unschedulable(pod: Object, own: Sequence[ClusterEvent], scale_up: ClusterEvent | None) -> Obstacle:
    """Return the obstacle of a pod that fits on no node, with the reason why there is no further node."""
    name = pod["metadata"]["name"]
    if scale_up is not None:
        return Obstacle(name, f"no node for it: {scale_up.message}", may_quote_azure=True)
    not_triggered = [event.message for event in own if event.reason in _NO_SCALE_UP]
    return Obstacle(name, "; ".join([reason_of(pod), *not_triggered[-1:]]))


def _image_problem(pod: Object, own: Sequence[ClusterEvent]) -> str | None:
    """Return why an image cannot be pulled; the status may only say that the kubelet waits to try again."""
    for state in _container_states(pod):
        waiting = state.get("waiting") or {}
        if waiting.get("reason") in _IMAGE_REASONS:
            pulls = [event.message for event in own if event.message.startswith(_FAILED_PULL)]
            message = pulls[-1] if pulls else waiting.get("message")
            return ", ".join(filter(None, (waiting["reason"], message)))
    return None


def _container_states(pod: Object) -> list[Object]:
    status = pod["status"]
    statuses = [*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())]
    return [container.get("state", {}) for container in statuses]


def _has_started(pod: Object) -> bool:
    return any("running" in state or "terminated" in state for state in _container_states(pod))


def _is_waited_for(pod: Object, situation: Situation) -> bool:
    """Return whether a pod is waited for: not those of users and builds, nor placeholders."""
    is_placeholder = (pod["metadata"].get("labels") or {}).get("component") == "user-placeholder"
    return not is_placeholder and any(kind in situation.controllers for kind, _ in _controllers_of(pod))


def _controllers_of(pod: Object) -> list[tuple[str, str]]:
    owners = pod["metadata"].get("ownerReferences") or ()
    return [(owner["kind"], owner["name"]) for owner in owners if owner.get("controller")]


def _refused_pods(situation: Situation) -> list[tuple[tuple[str, str], str]]:
    """Return the controllers that have no pod because the cluster refuses it, with the newest refusal."""
    with_pods = {controller for pod in situation.pods for controller in _controllers_of(pod)}
    failed = [
        event
        for event in situation.events
        if event.reason == "FailedCreate" and event.kind in situation.controllers
    ]
    refused = {(event.kind, event.name): event.message for event in failed}
    return [(controller, text) for controller, text in refused.items() if controller not in with_pods]


def _is_unschedulable(pod: Object) -> bool:
    return any(
        condition["type"] == "PodScheduled" and condition.get("reason") == "Unschedulable"
        for condition in pod["status"].get("conditions", ())
    )


def _claims_of(pod: Object) -> list[str]:
    volumes = pod["spec"].get("volumes") or ()
    return [each["persistentVolumeClaim"]["claimName"] for each in volumes if "persistentVolumeClaim" in each]
