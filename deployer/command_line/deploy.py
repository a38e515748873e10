"""The command `deploy`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.command_line.options import (
    OUTPUTS_DIRECTORY,
    ConfigOption,
    DirectoryOption,
    DownloadOption,
    GroupOption,
    LocationOption,
    NameOption,
    Output,
    OutputOption,
    SetOption,
    SubscriptionOption,
    WaitOption,
    given_settings,
)
from deployer.command_line.terminal import (
    is_for_people,
    print_json,
    run_options,
    run_to_end,
    screen,
    sinks_for,
)

if TYPE_CHECKING:
    from deployer.commands.runner import RunOptions
    from deployer.settings import LoadedSettings


def deploy(  # noqa: PLR0913 - each is an option that people type
    *,
    config: ConfigOption = None,
    name: NameOption = None,
    resource_group: GroupOption = None,
    location: LocationOption = None,
    subscription: SubscriptionOption = None,
    setting: SetOption = None,
    output: OutputOption = Output.TEXT,
    outputs: DirectoryOption = OUTPUTS_DIRECTORY,
    download: DownloadOption = False,
    wait: WaitOption = False,
) -> None:
    """Create or update the hub. Safe to run again: only differences are applied."""
    given = given_settings(
        config,
        setting,
        name=name,
        resource_group=resource_group,
        subscription=subscription,
        location=location,
    )
    run_deploy(given, run_options(outputs, download=download, wait=wait), output)


def run_deploy(given: LoadedSettings, options: RunOptions, output: Output) -> None:
    """Deploy a hub, and show what is next."""
    from deployer import console
    from deployer.commands.deploy import deploy as run_deployment
    from deployer.plan import build_plan

    sinks = sinks_for(build_plan(given.settings).step_names, output)
    done = run_to_end(run_deployment(given.settings, given.warnings, sinks, options))
    if output is Output.JSON:
        print_json(console.deployed_for_machines(done))
    elif is_for_people(output):
        screen().print(console.deployed_for_people(done))
