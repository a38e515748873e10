"""Finds why the workloads of a release are not ready: images, nodes, volumes, refused pods.

The status of a pod often says only that it waits. The reason is in an event about the pod, about the claim
whose volume it needs, about the controller that may not create it, or of the cluster autoscaler.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deployer.kubernetes.events import EventHistory, list_events
from deployer.kubernetes.objects import list_objects

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kr8s.asyncio import Api

    from deployer.kubernetes.events import ClusterEvent

    Object = Mapping[str, Any]

AUTOSCALER_NAMESPACE = "kube-system"

# Texts of the kubelet and containerd about an image that no later attempt finds either.
_NO_SUCH_IMAGE = re.compile(
    r"InvalidImageName|ErrImageNeverPull|manifest unknown|manifest for \S+ not found|: not found"
    r"|404 Not Found"
    r"|no match for platform|invalid reference format|repository does not exist",
    re.IGNORECASE,
)
_IMAGE_REASONS = {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"}
_WORKLOADS = {"ReplicaSet", "StatefulSet", "DaemonSet", "Job"}
_FAILED_PULL = "Failed to pull image"
_FAILED_SCALE_UP = {"FailedToScaleUpGroup", "ScaleUpTimedOut"}
_NO_SCALE_UP = {"NotTriggerScaleUp", "FailedScaleUp"}


@dataclass(frozen=True)
class Obstacle:
    """What keeps a pod or its controller from being ready.

    Attributes:
        subject: for example `Pod hub-7d9f`.
        reason: words of the cluster.
        lasts: whether waiting cannot remove it, as far as the cluster itself can tell.
        may_quote_azure: whether the reason is from a controller that quotes answers of Azure or of a policy.

    """

    subject: str
    reason: str
    lasts: bool = False
    may_quote_azure: bool = False

    def __str__(self) -> str:
        return f"{self.subject}: {self.reason}"


class ObstacleFinder:
    """Finds the obstacles in one namespace, and what of them is new.

    Args:
        api: the cluster's API.
        namespace: of the release.

    """

    def __init__(self, api: Api, namespace: str) -> None:
        self._api = api
        self._namespace = namespace
        self._history = EventHistory(())
        self._scale_up_history = EventHistory(())
        self._pods_before: frozenset[str] = frozenset()

    @classmethod
    async def open(cls, api: Api, namespace: str) -> ObstacleFinder:
        """Remember what there is: events and pods of an earlier run do not speak for this one."""
        finder = cls(api, namespace)
        finder._history = EventHistory(await list_events(api, namespace))
        finder._scale_up_history = EventHistory(await _scale_up_events(api))
        pods = await list_objects(api, "v1", "Pod", namespace)
        finder._pods_before = frozenset(pod["metadata"]["uid"] for pod in pods)
        return finder

    async def find(self) -> list[Obstacle]:
        """Return the obstacles, those of controllers first."""
        events = self._history.since(await list_events(self._api, self._namespace))
        all_pods = await list_objects(self._api, "v1", "Pod", self._namespace)
        obstacles = [
            Obstacle(f"{kind} {name}", message, may_quote_azure=True)
            for (kind, name), message in _refused_pods(events, all_pods).items()
        ]
        pods = [pod for pod in all_pods if _is_of_release(pod) and not is_ready(pod)]
        if not pods:
            return obstacles
        claims = await self._unbound_claims() if any(_claims_of(pod) for pod in pods) else set[str]()
        scale_up = await self._failed_scale_up() if any(_is_unschedulable(pod) for pod in pods) else None
        return obstacles + [self._obstacle(pod, events, claims, scale_up) for pod in pods]

    async def _unbound_claims(self) -> set[str]:
        claims = await list_objects(self._api, "v1", "PersistentVolumeClaim", self._namespace)
        return {
            claim["metadata"]["name"] for claim in claims if claim.get("status", {}).get("phase") != "Bound"
        }

    async def _failed_scale_up(self) -> ClusterEvent | None:
        failed = self._scale_up_history.since(await _scale_up_events(self._api))
        return failed[-1] if failed else None

    def _obstacle(
        self, pod: Object, events: Sequence[ClusterEvent], claims: set[str], scale_up: ClusterEvent | None
    ) -> Obstacle:
        name = pod["metadata"]["name"]
        subject, own = f"Pod {name}", [event for event in events if (event.kind, event.name) == ("Pod", name)]
        if image := _image_problem(pod, own):
            is_new = pod["metadata"]["uid"] not in self._pods_before
            return Obstacle(subject, image, lasts=is_new and _NO_SUCH_IMAGE.search(image) is not None)
        unbound = claims.intersection(_claims_of(pod))
        volume = [
            event for event in events if event.is_warning and event.kind == "PersistentVolumeClaim"
            and event.name in unbound
        ]  # fmt: skip
        if volume:
            return Obstacle(f"{subject}, volume {volume[-1].name}", volume[-1].message, may_quote_azure=True)
        if _is_unschedulable(pod):
            return _unschedulable(subject, reason_of(pod), own, scale_up)
        warnings = [event for event in own if event.is_warning]
        if warnings and not _has_started(pod):
            return Obstacle(subject, f"{warnings[-1].reason}, {warnings[-1].message}", may_quote_azure=True)
        return Obstacle(subject, reason_of(pod))


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


def _unschedulable(
    subject: str, reason: str, own: Sequence[ClusterEvent], scale_up: ClusterEvent | None
) -> Obstacle:
    """Return the obstacle of a pod that fits on no node, with the reason why there is no further node."""
    if scale_up is not None:
        return Obstacle(subject, f"no node for it: {scale_up.message}", may_quote_azure=True)
    not_triggered = [event for event in own if event.reason in _NO_SCALE_UP]
    return Obstacle(subject, "; ".join([reason, *(event.message for event in not_triggered[-1:])]))


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


def _is_of_release(pod: Object) -> bool:
    """Return whether a release waits for a pod: not for those of users and builds, nor for placeholders."""
    is_placeholder = (pod["metadata"].get("labels") or {}).get("component") == "user-placeholder"
    return not is_placeholder and any(kind in _WORKLOADS for kind, _ in _controllers_of(pod))


def _controllers_of(pod: Object) -> list[tuple[str, str]]:
    owners = pod["metadata"].get("ownerReferences") or ()
    return [(owner["kind"], owner["name"]) for owner in owners if owner.get("controller")]


def _refused_pods(events: Sequence[ClusterEvent], pods: Sequence[Object]) -> dict[tuple[str, str], str]:
    """Return the controllers that have no pod because the cluster refuses it, with the newest refusal."""
    with_pods = {controller for pod in pods for controller in _controllers_of(pod)}
    refused = {(event.kind, event.name): event.message for event in events if event.reason == "FailedCreate"}
    return {controller: message for controller, message in refused.items() if controller not in with_pods}


def _is_unschedulable(pod: Object) -> bool:
    return any(
        condition["type"] == "PodScheduled" and condition.get("reason") == "Unschedulable"
        for condition in pod["status"].get("conditions", ())
    )


def _claims_of(pod: Object) -> list[str]:
    volumes = pod["spec"].get("volumes") or ()
    return [each["persistentVolumeClaim"]["claimName"] for each in volumes if "persistentVolumeClaim" in each]
