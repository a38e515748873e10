"""Signs in to Azure and finds out the subscription and the region that everything is created in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.azure.session import open_session
from deployer.run.workflow import Step
from deployer.settings.visitors import PROVIDERS, SHARED_SITE, shares_its_site

if TYPE_CHECKING:
    from deployer.progress.report import StepReport
    from deployer.run.context import Context


def sign_in_step() -> Step[Context]:
    """Declare the step."""
    return Step("sign-in", "Sign in to Azure", sign_in)


async def sign_in(context: Context, report: StepReport) -> str:
    """Open the session that the other steps use; it is closed when the run ends."""
    session = await context.resources.enter_async_context(open_session(context.requested, report))
    context.results.session.set(session)
    if session.names.redirect_uri:
        report.warning(
            f"Visitors can sign in when the application in {PROVIDERS[session.settings.authentication]} has "
            f"the redirect URI {session.names.redirect_uri}."
        )
    if shares_its_site(session.settings):
        report.note(SHARED_SITE)
    return f"signed in; subscription {session.settings.azure_subscription}"
