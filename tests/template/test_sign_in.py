"""Sign-in needs HTTPS: template and deployer refuse the same answers, in the same words."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from deployer.settings import Authentication, Settings
from deployer.settings.visitors import sign_in_has_https
from sandbox.azure.resource_manager.core.errors import ArmError
from tests.template.clicks import click
from tests.template_click import RecordingRoad

ANSWERS = list(
    product(["none", "github", "entra"], ["auto", "true", "false"], ["", "  ", "admin@example.org"])
)


def by_deployer(authentication: str, https: str, email: str) -> str:
    """Return the words of the deployer's refusal, "" if it accepts these answers."""
    settings = Settings.model_construct(
        authentication=Authentication(authentication),
        enable_https={"auto": None, "true": True, "false": False}[https],
        contact_email=email.strip() or None,
    )
    return " ".join(f"{each.rule} {each.remedy}" for each in sign_in_has_https(settings, ()))


@pytest.mark.parametrize(("authentication", "https", "email"), ANSWERS)
async def test_template_and_deployer_refuse_sign_in_without_https_alike(
    authentication: str, https: str, email: str
) -> None:
    road, words = RecordingRoad(), by_deployer(authentication, https, email)
    answers: dict[str, Any] = {"authentication": authentication, "enableHttps": https, "contactEmail": email}
    if not words:
        await click(road, **answers)
        return
    with pytest.raises(ArmError, match="InvalidTemplate") as refused:
        await click(road, **answers)
    assert f"is not valid: authentication = '{authentication}' {words}" in str(refused.value)
    assert road.puts == []
