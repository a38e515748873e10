"""Which version of each chart the settings ask for, and what its content has to be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.settings.versions import DIGESTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deployer.settings.model import Settings


@dataclass(frozen=True)
class WantedChart:
    """One version of a chart.

    Attributes:
        name: of the chart.
        version: exactly as the chart has it.
        setting: the setting for the version.
        digest: SHA-256 of its archive, or of its artifact in a registry; None where nobody has said it.

    """

    name: str
    version: str
    setting: str
    digest: str | None

    @property
    def full_name(self) -> str:
        """Name and version, as helm writes them."""
        return f"{self.name}-{self.version}"


def binderhub(settings: Settings) -> WantedChart:
    """Return the wanted chart of BinderHub, which contains that of JupyterHub."""
    return _wanted(settings, "binderhub", settings.binderhub_version, "BINDERHUB_VERSION")


def traefik(settings: Settings) -> WantedChart:
    """Return the wanted chart of Traefik, whose versions have no leading v, which many people write."""
    return _wanted(settings, "traefik", settings.traefik_version.removeprefix("v"), "TRAEFIK_VERSION")


def cert_manager(settings: Settings) -> WantedChart:
    """Return the wanted chart of cert-manager, whose versions have a leading v, which many leave out."""
    version = f"v{settings.certmanager_version.removeprefix('v')}"
    return _wanted(settings, "cert-manager", version, "CERTMANAGER_VERSION")


def wanted_charts(settings: Settings) -> tuple[WantedChart, ...]:
    """Return every chart that a deployment installs."""
    of_https = (traefik(settings), cert_manager(settings)) if settings.https else ()
    return (binderhub(settings), *of_https)


def warnings_about_charts(settings: Settings) -> Iterator[str]:
    """Yield a warning about content that nobody has vouched for, or somebody else than this release."""
    charts = wanted_charts(settings)
    for chart in charts:
        if chart.digest is None:
            yield (
                f"The content of the chart {chart.full_name} is not checked: this release does not know it. "
                f"Leave {chart.setting} unset for one that it knows, or give the digest of yours: "
                f"CHART_DIGESTS={chart.full_name}=sha256:…"
            )
    replaced = [each.full_name for each in charts if each.digest != DIGESTS.get(each.full_name, each.digest)]
    if replaced:
        yield (
            f"CHART_DIGESTS replace what this release knows of {', '.join(replaced)}: trust only "
            "digests from the projects or your own IT."
        )


def _wanted(settings: Settings, name: str, version: str, setting: str) -> WantedChart:
    digests = {**DIGESTS, **settings.chart_digests}
    return WantedChart(name, version, setting, digests.get(f"{name}-{version}"))
