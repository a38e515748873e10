"""Waits for the public addresses and their DNS labels, and reports why one is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.azure.refusals import in_short, lasting_refusal
from deployer.cloud import ADDRESS_SUFFIX
from deployer.errors import VerificationError
from deployer.kubernetes.cluster import holders_of_label, service_address
from deployer.kubernetes.events import EventHistory, warnings_about
from deployer.names import BINDER_SERVICE, INGRESS, TRAEFIK_HUB_SERVICE, TRAEFIK_SERVICE
from deployer.run.workflow import Step
from deployer.waiting import Pending, TimeLimitExceededError, all_of, wait_until

if TYPE_CHECKING:
    from kr8s.asyncio import Api

    from deployer.azure.errors import Explanation
    from deployer.kubernetes.events import ClusterEvent
    from deployer.names import HubNames
    from deployer.progress.report import StepReport
    from deployer.run.context import Context

# An address takes a minute or two; Azure tries a label that was given up again within five minutes. Seconds.
ADDRESS_LIMIT = 600.0
LOOK_EVERY = 3.0
# The cloud serves one Service after the other: the second is refused some seconds after the first. Seconds.
SECOND_REFUSAL = 20.0

LABEL_TAKEN = "DnsRecordInUse"


@dataclass(frozen=True)
class PublicService:
    """A Service that visitors reach, and its DNS label."""

    namespace: str
    name: str
    label: str


def addresses_step() -> Step[Context]:
    """Declare the step."""
    return Step("addresses", "Wait for the public addresses of the hub", ensure_addresses)


def public_services(names: HubNames, *, https: bool) -> tuple[PublicService, ...]:
    """Return the Services with a public address."""
    if not https:
        return (
            PublicService(names.namespace, BINDER_SERVICE, names.binder_label),
            PublicService(names.namespace, "proxy-public", names.hub_label),
        )
    first = PublicService(INGRESS, TRAEFIK_SERVICE, names.binder_label)
    if names.cnames:
        return (first,)
    return first, PublicService(INGRESS, TRAEFIK_HUB_SERVICE, names.hub_label)


async def ensure_addresses(context: Context, report: StepReport) -> str:
    """Wait until every public Service has its address and its label.

    Raises:
        VerificationError: Azure refuses an address or does not assign it in time, or a label belongs to
            someone else; the problems of all Services.

    """
    services = public_services(context.names, https=context.settings.https)
    addresses = await all_of(
        *(_await_address(context, report, service) for service in services), grace=SECOND_REFUSAL
    )
    return f"public addresses: {', '.join(addresses)}"


async def _await_address(context: Context, report: StepReport, service: PublicService) -> str:
    api = await context.results.cluster.get().api()
    refusals = Refusals(api, service, first_run=context.results.release_before.get() is None)

    async def look() -> str | Pending:
        address = await service_address(api, service.namespace, service.name)
        if address:
            return address
        warnings = await refusals.warnings()
        if refused := await refusals.lasting(warnings):
            raise _refused(context, service, refused)
        reason = f": {in_short(warnings[-1].message)}" if warnings else ""
        return Pending(f"waiting for the public address of {service.name}{reason}")

    try:
        return await wait_until(look, report.progress, limit=ADDRESS_LIMIT, every=LOOK_EVERY)
    except TimeLimitExceededError:
        raise _not_in_time(service, await refusals.warnings()) from None


@dataclass(frozen=True)
class Refusal:
    """A refusal of Azure that waiting does not change."""

    event: ClusterEvent
    explanation: Explanation


class Refusals:
    """Finds refusals of an address that waiting does not change.

    A refusal that an earlier run left says nothing about now: the quota may have been raised since. So on
    such a hub a refusal counts when the cloud repeats it, which it does within five minutes.

    When a hub changes between plain HTTP and HTTPS, its labels and addresses move to other Services. What
    the cloud refused before the old Services gave them up stands until it tries again, so only refusals of
    later attempts count.

    Args:
        api: the cluster's API.
        service: the Service that needs the address.
        first_run: whether this hub had no release before.

    """

    def __init__(self, api: Api, service: PublicService, *, first_run: bool) -> None:
        self._api = api
        self._service = service
        self._history: EventHistory | None = EventHistory(()) if first_run else None
        self._first_run = first_run

    async def warnings(self) -> list[ClusterEvent]:
        """Return the warnings about the Service, the newest last."""
        return await warnings_about(self._api, self._service.namespace, "Service", self._service.name)

    async def lasting(self, warnings: list[ClusterEvent]) -> Refusal | None:
        """Return the newest refusal that lasts, None where there is none.

        Args:
            warnings: about the Service.

        """
        if await self._label_is_moving():
            self._history = None
            return None
        if self._history is None:
            # Read again: the cloud may have tried the label between the reading of these warnings and the
            # moment when this hub was seen to have given it up.
            self._history = EventHistory(await self.warnings())
        for event in reversed(self._history.since(warnings)):
            explanation = lasting_refusal(event.message)
            if explanation is not None:
                return Refusal(event, explanation)
        return None

    async def _label_is_moving(self) -> bool:
        # On a first run no Service of this hub can hold the label.
        if self._first_run:
            return False
        own = f"{self._service.namespace}/{self._service.name}"
        return any(holder != own for holder in await holders_of_label(self._api, self._service.label))


def _refused(context: Context, service: PublicService, refusal: Refusal) -> VerificationError:
    if LABEL_TAKEN in refusal.event.message:
        return VerificationError(
            f"The host name {service.label}.{context.settings.region}.{ADDRESS_SUFFIX} is taken.",
            cause="Another public address in this Azure region uses this name.",
            suggestion="Choose another BINDERHUB_NAME.",
        )
    return VerificationError(
        f"Azure refuses a public address for the Service {service.name}: {in_short(refusal.event.message)}",
        cause=refusal.explanation.meaning,
        suggestion=refusal.explanation.suggestion,
        retryable=refusal.explanation.retryable,
    )


def _not_in_time(service: PublicService, warnings: list[ClusterEvent]) -> VerificationError:
    return VerificationError(
        f"Azure assigned no public address to the Service {service.name}.",
        cause=in_short(warnings[-1].message) if warnings else None,
        suggestion="Look at the load balancer of the cluster in the portal; start again to wait longer.",
        retryable=True,
    )
