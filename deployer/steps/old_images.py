"""Removes images that no build has pushed for long, where the settings say after how many days."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.azure.registry_images import RegistryImages
from deployer.errors import DeployerError
from deployer.inventory.old_images import find_old_images
from deployer.run.workflow import Step

if TYPE_CHECKING:
    from deployer.progress.report import StepReport
    from deployer.run.context import Context
    from deployer.settings import Settings


def old_images_step(settings: Settings) -> Step[Context]:
    """Declare the step."""
    days = settings.image_retention_days
    title = f"Remove images from the registry that no build has pushed for {days} days"
    return Step("old-images", title, remove_old_images)


async def remove_old_images(context: Context, report: StepReport) -> str:
    """Remove old images; the hub works without that, so what cannot be removed is a note."""
    server = str(context.results.login_server.get())
    credential = context.results.session.get().credential
    api = await context.results.cluster.get().api()
    registry = RegistryImages(server, credential)
    removed = 0
    try:
        old = await find_old_images(server, credential, api, context.settings, context.names)
        for image in old:
            report.progress(f"removing an old image of {image.repository}")
            await registry.remove(image)
            removed += 1
    except DeployerError as error:
        report.note(f"Old images could not be removed: {error.message} The next run tries again.")
    return f"removed {removed} image(s)" if removed else "nothing to remove"
