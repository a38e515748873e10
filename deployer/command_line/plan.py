"""The command `plan`."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from deployer.command_line.options import (
    ConfigOption,
    GroupOption,
    LocationOption,
    NameOption,
    Output,
    OutputOption,
    SetOption,
    SubscriptionOption,
    given_settings,
)
from deployer.command_line.terminal import in_session, print_json, run_to_end, screen
from deployer.errors import SettingsError

if TYPE_CHECKING:
    from deployer.azure.session import Session
    from deployer.names import HubNames
    from deployer.progress.report import StepReport
    from deployer.settings import Settings


def plan(  # noqa: PLR0913 - each is an option that people type
    *,
    config: ConfigOption = None,
    name: NameOption = None,
    resource_group: GroupOption = None,
    location: LocationOption = None,
    subscription: SubscriptionOption = None,
    setting: SetOption = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Show the steps of a deployment in order, without changing anything."""
    given = given_settings(
        config,
        setting,
        name=name,
        resource_group=resource_group,
        subscription=subscription,
        location=location,
    )
    from deployer import console
    from deployer.plan import build_plan

    settings, names = _resolve(given.settings)
    planned = build_plan(settings)
    if output is Output.JSON:
        print_json(console.plan_for_machines(planned, names, given.warnings))
        return
    screen().print(console.plan_for_people(planned, names, given.warnings))
    if names.redirect_uri:
        # On one line however narrow the terminal is, because people copy it.
        screen().print(f"\nRedirect URI to register: {names.redirect_uri}", soft_wrap=True)


def _resolve(settings: Settings) -> tuple[Settings, HubNames]:
    """Return settings with subscription and region, signing in only if they leave one of them open."""
    from deployer.names import derive_names

    if settings.azure_subscription and settings.resource_group_location:
        # An error means that the subscription is given by its name.
        with suppress(SettingsError):
            return settings, derive_names(settings)

    async def resolved(session: Session, _report: StepReport) -> tuple[Settings, HubNames]:
        return session.settings, session.names

    return run_to_end(in_session(settings, resolved))
