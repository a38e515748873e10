"""Removes things one after the other: what cannot be removed is noted, and does not stop the rest."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from deployer.azure.retries import with_retries
from deployer.errors import DeployerError
from deployer.inventory.group_resources import API_VERSIONS
from deployer.inventory.survey import Extent
from deployer.inventory.things import Kind, Survey, Thing
from deployer.names import carries_our_tags

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from deployer.azure.clients import AzureClients
    from deployer.progress.report import StepReport

# These have no tags; they are known by their parents or by their description.
WITHOUT_TAGS = {Kind.REGISTRY_TOKEN, Kind.SCOPE_MAP, Kind.ROLE_ASSIGNMENT}


@dataclass
class Removals:
    """What a teardown was asked to remove, and how it went.

    Attributes:
        extent: how much goes.
        confirmed: the list that a person has confirmed; None for a list that the run makes.
        survey: what goes and what stays; set before anything is removed.
        removed: what is gone, whoever removed it.
        failed: what is still there, each with the reason.

    """

    extent: Extent = field(default_factory=Extent)
    confirmed: Survey | None = None
    survey: Survey = field(default_factory=Survey)
    removed: list[Thing] = field(default_factory=list)
    failed: list[Thing] = field(default_factory=list)

    async def each(
        self, kinds: Sequence[Kind], remove: Callable[[Thing], Awaitable[bool]], report: StepReport
    ) -> str:
        """Remove all things of some kinds, and go on where one cannot be removed.

        Args:
            kinds: of the things.
            remove: removes one, and returns whether it still was there.
            report: of the step.

        Returns:
            One line that tells what was removed.

        """
        outcomes = []
        for thing in self.survey.of(*kinds):
            report.progress(f"removing {thing.name}")
            try:
                was_there = await remove(thing)
            except DeployerError as error:
                self.fail(thing, error, report)
                outcomes.append(f"{thing.name} is still there")
                continue
            self.removed.append(thing)
            outcomes.append(f"{thing.name} {'removed' if was_there else 'was gone already'}")
        return ", ".join(outcomes) or "nothing to remove"

    def fail(self, thing: Thing, error: DeployerError, report: StepReport) -> None:
        """Note that a thing is still there, and why."""
        reason = " ".join(part for part in (error.message, error.suggestion) if part)
        self.failed.append(thing.staying(reason, hinders=True))
        report.note(f"{thing.name} ({thing.kind}) could not be removed: {reason}")


async def remove_resource(azure: AzureClients, thing: Thing, hub: str, report: StepReport) -> bool:
    """Remove a resource if it still carries the tags of the hub; return whether there was one.

    Raises:
        DeployerError: it was given to somebody else in the meantime, or Azure refuses.

    """
    version = API_VERSIONS[thing.kind]
    found: dict[str, Any] | None = await with_retries(
        report, f"look at {thing.name}", lambda: azure.find(thing.id, version), rights_may_come=False
    )
    if found is None:
        return False
    if thing.kind not in WITHOUT_TAGS:
        check_still_ours(thing, found.get("tags"), hub)
    await with_retries(
        report, f"remove {thing.name}", lambda: azure.delete(thing.id, version), rights_may_come=False
    )
    return True


def check_still_ours(thing: Thing, tags: Mapping[str, str] | None, hub: str) -> None:
    """Refuse to remove a thing whose tags have changed since it was listed.

    Raises:
        DeployerError: it was given to somebody else in the meantime.

    """
    if not carries_our_tags(tags, hub):
        raise DeployerError(f"{thing.name} no longer carries the tags of the hub {hub}.")
