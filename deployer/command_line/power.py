"""The commands `stop` and `start`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
    from deployer.commands.runner import Finished, RunOptions
    from deployer.inventory.power import Power
    from deployer.settings import Settings


def stop(  # noqa: PLR0913 - each is an option that people type
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
) -> None:
    """Stop the hub: its machines cost nothing, and addresses, data and certificate stay."""
    given = given_settings(
        config, setting, name=name, resource_group=resource_group, subscription=subscription
    )
    run_power(given.settings, run_options(outputs, download=download, wait=wait), output, stops=True)


def start(  # noqa: PLR0913 - each is an option that people type
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
) -> None:
    """Start a stopped hub, and wait until it answers."""
    given = given_settings(
        config, setting, name=name, resource_group=resource_group, subscription=subscription
    )
    run_power(given.settings, run_options(outputs, download=download, wait=wait), output, stops=False)


def run_power(settings: Settings, options: RunOptions, output: Output, *, stops: bool) -> None:
    """Stop or start a hub, and show what that changed."""
    from deployer.commands import power as commands
    from deployer.inventory.power import Power
    from deployer.plan import build_start_plan, build_stop_plan
    from deployer.settings import Action

    action, power = Action.STOP if stops else Action.START, Power()
    settings = settings.model_copy(update={"action": action})
    plan = (build_stop_plan if stops else build_start_plan)(settings, power)
    command = commands.stop if stops else commands.start
    done = run_to_end(command(settings, sinks_for(plan.step_names, output), options, power))
    if output is Output.JSON:
        print_json(_for_machines(done, power, stops=stops))
    elif is_for_people(output):
        from deployer import console

        screen().print(console.power_for_people(power, stops=stops))


def _for_machines(done: Finished, power: Power, *, stops: bool) -> dict[str, Any]:
    common = {
        "hub": done.names.hub,
        "state": "stopped" if stops else "running",
        "changed": power.changed,
        "notes": list(done.notes),
        "outputs": done.outputs,
    }
    if stops:
        return {**common, "still_costs": power.costs}
    sites = power.sites
    return {
        **common,
        "binder_url": sites.binder if sites else None,
        "hub_url": sites.hub if sites else None,
    }
