"""Old images that cannot be removed are a note."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from deployer.errors import DeployerError
from deployer.progress.events import Progress
from deployer.progress.notes import Notes
from deployer.progress.report import StepReport
from deployer.steps import old_images

if TYPE_CHECKING:
    import pytest

    from deployer.azure.registry_images import Image


class LockedRegistry:
    """A registry that lets one of two images go."""

    def __init__(self, _server: str, _credential: Any) -> None:
        """Nothing is opened."""

    async def remove(self, image: Image) -> None:
        if image.repository == "demo/locked":
            raise DeployerError("The registry answers with status 405.")


async def test_an_image_that_stays_does_not_end_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    async def found(*_given: Any) -> list[Any]:
        return [SimpleNamespace(repository="demo/old"), SimpleNamespace(repository="demo/locked")]

    async def api() -> None:
        """No API is asked."""

    monkeypatch.setattr(old_images, "RegistryImages", LockedRegistry)
    monkeypatch.setattr(old_images, "find_old_images", found)
    given = {
        "login_server": "demo.azurecr.io",
        "session": SimpleNamespace(credential=None),
        "cluster": SimpleNamespace(api=api),
    }
    results = {name: SimpleNamespace(get=lambda value=value: value) for name, value in given.items()}
    context: Any = SimpleNamespace(results=SimpleNamespace(**results), settings=None, names=None)
    notes = Notes()
    report = StepReport("old-images", Progress((notes,), str))
    assert await old_images.remove_old_images(context, report) == "removed 1 image(s)"
    (note,) = notes.all()
    assert "status 405" in note.message
