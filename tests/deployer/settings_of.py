"""Settings for tests: whole and valid, but for what a test wants otherwise."""

from __future__ import annotations

from deployer.settings import Settings

SUBSCRIPTION = "5ab0ca5e-0000-4000-8000-000000000001"

USUAL = {
    "binderhub_name": "demo",
    "azure_subscription": SUBSCRIPTION,
    "resource_group_name": "research",
    "resource_group_location": "westeurope",
}


def settings_of(**given: str) -> Settings:
    """Return valid settings with these values, written as an environment writes them."""
    return Settings.model_validate({**USUAL, **given})
