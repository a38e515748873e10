"""The command `info`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

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
    given_settings,
)
from deployer.command_line.terminal import helm_program, in_session, print_json, run_to_end, screen

if TYPE_CHECKING:
    from deployer.azure.session import Session
    from deployer.inventory.hub_info import HubInfo
    from deployer.progress.report import StepReport


def info(  # noqa: PLR0913 - each is an option that people type
    *,
    config: ConfigOption = None,
    name: NameOption = None,
    resource_group: GroupOption = None,
    subscription: SubscriptionOption = None,
    setting: SetOption = None,
    output: OutputOption = Output.TEXT,
    outputs: DirectoryOption = OUTPUTS_DIRECTORY,
    download: DownloadOption = False,
) -> None:
    """Show the hub as it is now: addresses, cluster and release. Changes nothing."""
    given = given_settings(
        config, setting, name=name, resource_group=resource_group, subscription=subscription
    )
    from deployer import console
    from deployer.commands.info import inspect_hub

    helm = helm_program(download=download)

    async def look(session: Session, report: StepReport) -> HubInfo:
        return await inspect_hub(session, helm, outputs, report)

    found = run_to_end(in_session(given.settings, look))
    if output is Output.JSON:
        print_json(asdict(found))
    else:
        screen().print(console.hub_for_people(found))
