"""The command `logs`."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from deployer.command_line.options import (
    OUTPUTS_DIRECTORY,
    ConfigOption,
    DirectoryOption,
    GroupOption,
    NameOption,
    Output,
    OutputOption,
    SetOption,
    SubscriptionOption,
    given_settings,
)
from deployer.command_line.terminal import late_progress, print_json_line, run_to_end
from deployer.errors import Problem, SettingsError

if TYPE_CHECKING:
    from pathlib import Path

    from deployer.commands.logs import LogTarget
    from deployer.kubernetes.pod_logs import LogLine, LogRange
    from deployer.settings import Settings

TARGETS = ("binder", "hub", "proxy", "user-scheduler", "builds", "traefik", "cert-manager", "deployer")
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}

TargetArgument = Annotated[
    str | None,
    typer.Argument(help=f"Whose log: {', '.join(TARGETS)}. By default binder, hub and proxy together."),
]
FollowOption = Annotated[bool, typer.Option("--follow", "-f", help="Wait for new lines.")]
SinceOption = Annotated[
    str | None, typer.Option("--since", help="Only lines of this time back, for example 30m or 1h.")
]
TailOption = Annotated[int | None, typer.Option("--tail", min=1, help="Only so many last lines of each pod.")]
PreviousOption = Annotated[
    bool, typer.Option("--previous", "-p", help="The log before the last restart of the pod.")
]


def logs(  # noqa: PLR0913 - each is an option that people type
    target: TargetArgument = None,
    *,
    config: ConfigOption = None,
    name: NameOption = None,
    resource_group: GroupOption = None,
    subscription: SubscriptionOption = None,
    setting: SetOption = None,
    output: OutputOption = Output.TEXT,
    outputs: DirectoryOption = OUTPUTS_DIRECTORY,
    follow: FollowOption = False,
    since: SinceOption = None,
    tail: TailOption = None,
    previous: PreviousOption = False,
) -> None:
    """Show logs of the hub: of its pods, of builds, or of the deployer. Changes nothing."""
    if target is not None and target not in TARGETS:
        problem = Problem("logs", target, "is no part of a hub.", f"Write one of {', '.join(TARGETS)}.")
        raise SettingsError([problem])
    seconds = None if since is None else _seconds(since)
    given = given_settings(
        config, setting, name=name, resource_group=resource_group, subscription=subscription
    )
    from deployer.commands.logs import LogTarget
    from deployer.kubernetes.pod_logs import LogRange

    wanted = LogRange(seconds, tail, previous, follow)
    run_to_end(_show(given.settings, outputs, LogTarget(target) if target else None, wanted, output))


async def _show(
    settings: Settings, outputs: Path, target: LogTarget | None, wanted: LogRange, output: Output
) -> None:
    from deployer.commands.logs import show_logs

    async for line in show_logs(settings, outputs, target, wanted, late_progress()):
        if output is Output.JSON:
            print_json_line(asdict(line))
        else:
            sys.stdout.write(f"{_prefix(line)}{line.message}\n")
            sys.stdout.flush()


def _prefix(line: LogLine) -> str:
    if line.source == "deployer":
        return f"{line.time}  " if line.time else ""
    return f"{line.source}: "


def _seconds(since: str) -> int:
    number, unit = since[:-1], since[-1:].lower()
    if not number.isdecimal() or unit not in UNITS or not int(number):
        problem = Problem("--since", since, "is not a time.", "Write one like 30m, 1h or 2d.")
        raise SettingsError([problem])
    return int(number) * UNITS[unit]
