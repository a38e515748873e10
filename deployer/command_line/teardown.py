"""The command `teardown`: lists first, asks for the name of the hub, removes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from deployer.command_line.options import (
    OUTPUTS_DIRECTORY,
    ConfigOption,
    DirectoryOption,
    DownloadOption,
    GroupOption,
    NameOption,
    Output,
    OutputOption,
    SetOption,
    SubscriptionOption,
    WaitOption,
    YesOption,
    given_settings,
)
from deployer.command_line.terminal import (
    late_progress,
    print_json,
    require_somebody_to_ask,
    run_options,
    run_to_end,
    screen,
    sinks_for,
)
from deployer.errors import DeployerError, PreflightError

if TYPE_CHECKING:
    from deployer.commands.runner import Finished, RunOptions
    from deployer.inventory.removals import Removals
    from deployer.inventory.survey import Extent
    from deployer.inventory.things import Survey
    from deployer.settings import Settings

EverythingOption = Annotated[
    bool,
    typer.Option(
        "--everything",
        help="Also remove the identity of the deployer with its roles, and the storage account with the "
        "records. Needs your own rights: Owner of the group.",
    ),
]
RemoveGroupOption = Annotated[
    bool,
    typer.Option(
        "--delete-resource-group",
        help="Also remove everything, and the resource group itself: only if the deployer created it and "
        "nothing else is in it.",
    ),
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Only list what goes and what stays.")]


def teardown(  # noqa: PLR0913 - each is an option that people type
    *,
    config: ConfigOption = None,
    name: NameOption = None,
    resource_group: GroupOption = None,
    subscription: SubscriptionOption = None,
    setting: SetOption = None,
    output: OutputOption = Output.TEXT,
    outputs: DirectoryOption = OUTPUTS_DIRECTORY,
    download: DownloadOption = False,
    wait: WaitOption = False,
    yes: YesOption = False,
    everything: EverythingOption = False,
    delete_resource_group: RemoveGroupOption = False,
    dry_run: DryRunOption = False,
) -> None:
    """Remove the hub: what the deployer created, and nothing else. Lists first and asks for the name."""
    given = given_settings(
        config, setting, name=name, resource_group=resource_group, subscription=subscription
    )
    settings = given.settings
    from deployer.commands.teardown import survey
    from deployer.inventory.survey import Extent

    extent = Extent(everything=everything or delete_resource_group, group=delete_resource_group)
    options = run_options(outputs, download=download, wait=wait)
    found = run_to_end(survey(settings, options, extent, late_progress()))
    if output is Output.TEXT:
        _show(found, settings.binderhub_name)
    if dry_run or not found.goes:
        _end(found, output)
        return
    if not yes:
        _ask(settings.binderhub_name, output)
    _remove(settings, options, extent, found, output)


def remove_from_container(settings: Settings, options: RunOptions) -> None:
    """Remove the hub of a click, whose name was typed twice in the form."""
    from deployer.inventory.removals import Removals

    _run(settings, options, Removals(), Output.TEXT)


def _remove(settings: Settings, options: RunOptions, extent: Extent, found: Survey, output: Output) -> None:
    from deployer.inventory.removals import Removals

    if extent.everything:
        # The storage account goes: the record of its removal cannot be in it.
        settings = settings.model_copy(update={"storage_account_name": None})
    removals = Removals(extent, found)
    outputs: str | None = None
    try:
        outputs = _run(settings, options, removals, output).outputs
    finally:
        if output is Output.JSON:
            print_json({**_for_machines(found, removals), "outputs": outputs})


def _run(settings: Settings, options: RunOptions, removals: Removals, output: Output) -> Finished:
    from deployer.commands.teardown import teardown as run_teardown
    from deployer.plan import build_teardown_plan
    from deployer.settings import Action

    settings = settings.model_copy(update={"action": Action.TEARDOWN})
    names = build_teardown_plan(settings, removals).step_names
    sinks = sinks_for(names, output)
    return run_to_end(run_teardown(settings, sinks, options, removals))


def _ask(hub: str, output: Output) -> None:
    """Ask for the name of the hub.

    Raises:
        PreflightError: nobody can be asked, or another name was typed.

    """
    require_somebody_to_ask(output, "removed", "type the name of the hub when asked")
    typed = typer.prompt(f"Type the name of the hub ({hub}) to remove what is listed", default="")
    if typed.strip() != hub:
        raise PreflightError("Nothing was removed: that is not the name of the hub.")


def _end(found: Survey, output: Output) -> None:
    """End where nothing is removed.

    Raises:
        DeployerError: something stays that should go.

    """
    if output is Output.JSON:
        print_json({**_for_machines(found, None), "outputs": None})
    hindering = [thing for thing in found.stays if thing.hinders]
    if hindering and not found.goes:
        raise DeployerError(
            f"{len(hindering)} thing(s) of the hub are still there: "
            f"{', '.join(each.name for each in hindering)}.",
            cause=" ".join(f"{each.name}: {each.reason}" for each in hindering),
        )


def _for_machines(found: Survey, removals: Removals | None) -> dict[str, Any]:
    return {
        "goes": [thing.as_json() for thing in found.goes],
        "stays": [thing.as_json() for thing in found.stays],
        "removed": [thing.as_json() for thing in removals.removed] if removals else [],
        "failed": [thing.as_json() for thing in removals.failed] if removals else [],
        "notes": list(found.notes),
    }


def _show(found: Survey, hub: str) -> None:
    from deployer import console

    screen().print(console.survey_for_people(found, hub))
