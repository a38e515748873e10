"""Lays out plans, hubs and errors for a terminal; `cli.py` prints them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from deployer.crashes import words_of
from deployer.errors import DeployerError, SettingsError
from deployer.inventory.things import Kind
from deployer.redaction import REDACTOR

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import RenderableType

    from deployer.commands.runner import Finished
    from deployer.inventory.differences import Differences
    from deployer.inventory.hub_info import HubInfo, LastRun, NodePool, Release
    from deployer.inventory.power import Power
    from deployer.inventory.schedule import Schedule
    from deployer.inventory.things import Survey, Thing
    from deployer.names import HubNames
    from deployer.plan import Plan

# The width of the number before the name of a step.
INDENT = 4
# Of what a teardown leaves: a group may hold hundreds of other things.
MOST_SHOWN = 20
KINDS = {
    Kind.DNS_RECORD: "DNS record",
    Kind.RELEASE: "Helm release",
    Kind.WORKFLOW: "workflow of the stop schedule",
    Kind.CLUSTER: "Kubernetes cluster",
    Kind.REGISTRY_TOKEN: "registry token",
    Kind.SCOPE_MAP: "scope map",
    Kind.REGISTRY: "container registry",
    Kind.CONTAINER_GROUP: "container group",
    Kind.ROLE_ASSIGNMENT: "role assignment",
    Kind.IDENTITY: "identity",
    Kind.STORAGE_ACCOUNT: "storage account",
    Kind.RESOURCE_GROUP: "resource group",
    Kind.OTHER: "resource",
}


def pairs(rows: Mapping[str, str]) -> RenderableType:
    """Lay out names and values in two columns."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows.items():
        table.add_row(name, Text(value))
    return table


def _indented(text: Text, columns: int = 2) -> RenderableType:
    return Padding(text, (0, 0, 0, columns), expand=False)


def plan_for_people(plan: Plan, names: HubNames, warnings: Sequence[str]) -> RenderableType:
    """Lay out a plan: each step with the steps that it needs and the resources that it creates."""
    lines: list[RenderableType] = [Text(f"Plan for the BinderHub {names.hub}", style="bold"), Text()]
    for number, step in enumerate(plan.steps, start=1):
        after = f"  (after {', '.join(step.needs)})" if step.needs else ""
        lines.append(Text.assemble(f"{number:>2}. ", (step.name, "bold"), (after, "dim")))
        lines.append(_indented(Text(step.title), INDENT))
        lines += [_indented(Text(f"+ {created}", style="green"), INDENT) for created in step.creates(names)]
    addresses = pairs({"BinderHub": names.binder_url, "JupyterHub": names.hub_url})
    shown = [Text(f"! {warning}", style="yellow") for warning in warnings]
    return Group(*lines, Text(), addresses, *shown)


def plan_for_machines(plan: Plan, names: HubNames, warnings: Sequence[str]) -> dict[str, Any]:
    """Return a plan as a JSON object."""
    return {
        "hub": names.hub,
        "binder_url": names.binder_url,
        "hub_url": names.hub_url,
        "redirect_uri": names.redirect_uri,
        "warnings": list(warnings),
        "steps": [
            {
                "name": step.name,
                "title": step.title,
                "needs": list(step.needs),
                "creates": list(step.creates(names)),
            }
            for step in plan.steps
        ],
    }


def deployed_for_people(deployed: Finished) -> RenderableType:
    """Lay out the result of a deployment."""
    names = deployed.names
    return pairs({"BinderHub": names.binder_url, "JupyterHub": names.hub_url, "Outputs": deployed.outputs})


def deployed_for_machines(deployed: Finished) -> dict[str, Any]:
    """Return the result of a deployment as a JSON object."""
    return {
        "binder_url": deployed.names.binder_url,
        "hub_url": deployed.names.hub_url,
        "outputs": deployed.outputs,
        "notes": list(deployed.notes),
    }


def hub_for_people(hub: HubInfo) -> RenderableType:
    """Lay out the state of a hub."""
    rows = {
        "BinderHub": f"{hub.binder_url} ({_answering(hub.binder_answers)})",
        "JupyterHub": f"{hub.hub_url} ({_answering(hub.hub_answers)})",
        **({"Certificate": hub.certificate} if hub.certificate else {}),
        "Running now": _running(hub),
        "Resource group": f"{hub.resource_group} ({hub.location})",
        "Cluster": f"{hub.cluster}: {hub.cluster_state}, Kubernetes {hub.kubernetes_version}",
        **{f"Node pool {pool.name}": _pool(pool) for pool in hub.pools},
        **{f"Release {each.name}": _release(each) for each in hub.releases},
        **({"Stop schedule": _schedule(hub.schedule)} if hub.schedule else {}),
        "Last run": _last_run(hub.last_run) if hub.last_run else "no record of a run can be read",
        "Outputs": hub.outputs or "no storage account has the tag of this hub",
    }
    differing = [Text(f"~ {line}") for line in hub.differences]
    problems = [Text(f"! {problem}", style="yellow") for problem in hub.problems]
    heading = [Text("Other than the last deployment wants it:", style="bold")] if differing else []
    return Group(pairs(rows), *heading, *differing, *problems)


def _running(hub: HubInfo) -> str:
    if hub.sessions is None:
        return "cannot be looked at"
    return f"{hub.sessions} session(s), {hub.builds} build(s)"


def _schedule(schedule: Schedule) -> str:
    return f"next stop {schedule.next_stop or 'never'}, next start {schedule.next_start or 'never'} (UTC)"


def _release(release: Release) -> str:
    newer = "" if release.chart == release.known_good else f"; known to work: {release.known_good}"
    return f"{release.chart}, revision {release.revision}, {release.status}{newer}"


def _last_run(run: LastRun) -> str:
    error = f": {run.error}" if run.error else ""
    return f"{run.command} of {run.started}: {run.status}{error}"


def _answering(answers: bool) -> str:  # noqa: FBT001 - a helper of the rows above
    return "answers" if answers else "does not answer"


def _pool(pool: NodePool) -> str:
    bounds = f", {pool.min_count} to {pool.max_count}" if pool.max_count else ""
    return f"{pool.count} × {pool.vm_size}{bounds}"


def error_for_people(error: DeployerError) -> RenderableType:
    """Lay out an error without secrets: what happened, the likely cause, what to do next."""
    parts: list[RenderableType] = [Text(REDACTOR.clean(error.message), style="bold red")]
    if isinstance(error, SettingsError):
        parts += [Text(REDACTOR.clean(f"  • {problem}")) for problem in error.problems]
    if error.cause:
        parts.append(Text.assemble(("Cause: ", "bold"), REDACTOR.clean(error.cause)))
    if error.suggestion:
        parts.append(Text.assemble(("Next: ", "bold"), REDACTOR.clean(error.suggestion)))
    return Group(*parts)


def crash_for_people(crash: Exception) -> str:
    """Return one line about a programming error, without the values in it, which may be secrets."""
    return (
        f"The deployer has stopped because of a fault of its own: {words_of(crash)}. "
        "Deploy again; if this line appears again, report it to the maintainers of the deployer."
    )


def survey_for_people(survey: Survey, hub: str) -> RenderableType:
    """Lay out what a teardown removes and leaves."""
    lines: list[RenderableType] = [Text(f"! {note}", style="yellow") for note in survey.notes]
    if not survey.goes:
        return Group(*lines, Text(f"There is nothing of the hub {hub} to remove."), *_staying(survey))
    lines.append(Text(f"These go with the hub {hub}, in this order:", style="bold"))
    lines += [
        _indented(Text(f"- {KINDS[thing.kind]} {thing.name}{_in_addition(thing)}", style="red"))
        for thing in survey.goes
    ]
    return Group(*lines, *_staying(survey))


def _staying(survey: Survey) -> list[RenderableType]:
    if not survey.stays:
        return []
    shown = [
        _indented(Text(f"· {KINDS[thing.kind]} {thing.name}: {thing.reason}"))
        for thing in survey.stays[:MOST_SHOWN]
    ]
    more = len(survey.stays) - MOST_SHOWN
    others = [_indented(Text(f"· and {more} more (--output json lists all)"))] if more > 0 else []
    return [Text("These stay:", style="bold"), *shown, *others]


def _in_addition(thing: Thing) -> str:
    if not thing.detail:
        return ""
    return f", which leads to {thing.detail}" if thing.kind is Kind.DNS_RECORD else f" ({thing.detail})"


def power_for_people(power: Power, *, stops: bool) -> RenderableType:
    """Lay out what a stop or a start changed."""
    if stops:
        state = "stopped now" if power.changed else "was stopped already"
        return pairs({"The hub": state, "Still costs": ", ".join(power.costs)})
    rows = {"The hub": "started" if power.changed else "was running already"}
    if power.sites is not None:
        rows |= {"BinderHub": power.sites.binder, "JupyterHub": power.sites.hub}
    return pairs(rows)


def differences_for_people(differences: Differences, hub: str) -> RenderableType:
    """Lay out what an upgrade changes."""
    if not differences:
        return Text(f"The hub {hub} is as its settings and this release of the deployer want it.")
    lines = [_indented(Text(f"~ {line}")) for line in differences.lines()]
    return Group(Text(f"The upgrade changes the hub {hub}:", style="bold"), *lines)
