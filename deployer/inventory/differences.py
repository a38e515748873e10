"""What an upgrade changes: settings, charts, values without secrets, Kubernetes and the cluster."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from deployer.azure.cluster_update import plan_update, user_pool_surges, version_wanted
from deployer.azure.managed_cluster import ClusterWish, describe_cluster
from deployer.azure.node_pool_update import plan_pool_updates
from deployer.helm.charts import binderhub_chart, cert_manager_chart, traefik_chart
from deployer.helm.values import read_registry_access, render_binderhub_values
from deployer.names import CERT_MANAGER, INGRESS, derive_names
from deployer.redaction import REDACTOR, mask_unlike_word
from deployer.settings.chart_values import value_at
from deployer.settings.model import SECRETS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from deployer.helm.charts import ChartSource
    from deployer.helm.client import ListedRelease
    from deployer.names import HubNames
    from deployer.settings import Settings

LONGEST_SHOWN = 80


@dataclass(frozen=True)
class Differences:
    """The differences between a hub as it is and as it will be, each in a line for people.

    Attributes:
        settings: against those of the last deployment; secrets are masked.
        charts: versions of the charts.
        values: Helm values of BinderHub that are no secrets, by their paths; of those that the deployer does
            not render, only that they change.
        secrets: whether secret values change, too.
        kubernetes: of cluster and pools.
        images: old ones that go.

    """

    settings: tuple[str, ...] = ()
    charts: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    secrets: bool = False
    kubernetes: tuple[str, ...] = ()
    images: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return any(asdict(self).values())

    def lines(self) -> Iterator[str]:
        """Yield each difference as one line."""
        yield from (f"setting {line}" for line in self.settings)
        yield from (f"chart {line}" for line in self.charts)
        yield from (f"value {line}" for line in self.values)
        if self.secrets:
            yield "secret values change, too"
        yield from (f"cluster: {line}" for line in self.kubernetes)
        yield from (f"registry: {line}" for line in self.images)


@dataclass(frozen=True)
class Live:
    """What of a hub a deployment compares with what is wanted.

    Attributes:
        releases: all that are in the cluster.
        values: of the release of BinderHub; None where there is none.
        cluster: as Azure describes it.

    """

    releases: Sequence[ListedRelease]
    values: Mapping[str, Any] | None
    cluster: Mapping[str, Any]


def find_differences(settings: Settings, live: Live, changed: tuple[str, ...] = ()) -> Differences:
    """Return what a deployment with these settings changes.

    Args:
        settings: with the subscription and the region of the hub.
        live: the hub as it is.
        changed: the settings that differ from those of the last deployment.

    """
    names = derive_names(settings)
    none: tuple[tuple[str, ...], bool] = ((), True)
    values, secrets = none if live.values is None else changed_values(settings, names, live.values)
    return Differences(
        settings=changed,
        charts=changed_charts(settings, live.releases, names),
        values=values,
        secrets=secrets,
        kubernetes=changed_cluster(settings, names, live.cluster),
    )


def changed_settings(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the settings that differ, by their names; a setting that is missing has its default."""
    names = sorted({*before, *after})
    return tuple(_setting(name, before, after) for name in names if before.get(name) != after.get(name))


def changed_charts(settings: Settings, releases: Sequence[ListedRelease], names: HubNames) -> tuple[str, ...]:
    """Return the releases whose chart gets another version, or that are new."""
    installed = {(each.namespace, each.name): each.chart for each in releases}
    wanted: dict[tuple[str, str], ChartSource] = {(names.namespace, names.release): binderhub_chart(settings)}
    if settings.https:
        wanted[INGRESS, INGRESS] = traefik_chart(settings)
        wanted[CERT_MANAGER, CERT_MANAGER] = cert_manager_chart(settings)
    return tuple(
        f"{chart.name}: {installed.get(key, 'none')} becomes {chart.full_name}"
        for key, chart in wanted.items()
        if installed.get(key) != chart.full_name
    )


def changed_values(
    settings: Settings, names: HubNames, values: Mapping[str, Any]
) -> tuple[tuple[str, ...], bool]:
    """Return the values that differ from those of a release, and whether secret ones do.

    A release may hold HELM_VALUES, and with them secrets, that no setting holds: of a deployment that failed
    later. So what is in it is not shown, but for numbers where the deployer has one, too.
    """
    rendered = render_binderhub_values(
        settings,
        names,
        read_registry_access(values),
        value_at(values, "jupyterhub", "hub", "db", "pvc", "storageClassName"),
    )
    wanted = rendered.merged()
    secret = set(_paths(rendered.secret))
    own = {
        path
        for path in _paths(rendered.public)
        if value_at(wanted, *path) == value_at(rendered.public, *path)
    }
    paths = [path for path in sorted({*_paths(wanted), *_paths(values)}) if path not in secret]
    public = tuple(
        (_own_value if path in own else _other_value)(path, value_at(values, *path), value_at(wanted, *path))
        for path in paths
        if value_at(values, *path) != value_at(wanted, *path) and not _is_secret(path)
    )
    hidden = [path for path in {*secret, *_paths(values)} if path in secret or _is_secret(path)]
    return public, any(value_at(values, *path) != value_at(wanted, *path) for path in hidden)


def changed_cluster(settings: Settings, names: HubNames, live: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a deployment changes in the cluster: Kubernetes, pools, tags."""
    found = dict(live)
    wanted = describe_cluster(ClusterWish(settings, names, user_pool_surges=user_pool_surges(found)))
    version = version_wanted(settings.aks_kubernetes_version, found)
    current = found["properties"].get("currentKubernetesVersion")
    changes = (
        f"{change} (now {current})" if change.startswith("Kubernetes") else change
        for change in plan_update(found, wanted, version).changes
    )
    return (*changes, *(pool.change for pool in plan_pool_updates(found, wanted, version)))


def _own_value(path: tuple[str, ...], old: Any, new: Any) -> str:
    """Return what becomes of a value that the deployer renders, in a line; see `changed_values`."""
    name = REDACTOR.clean(".".join(path))
    public = old is None or all(isinstance(value, int | float) for value in (old, new))
    return f"{name}: {_shown(old)} becomes {_shown(new)}" if public else f"{name} becomes {_shown(new)}"


def _other_value(path: tuple[str, ...], old: Any, new: Any) -> str:
    """Return what becomes of any other value, in a line without the value."""
    name = REDACTOR.clean(".".join(map(mask_unlike_word, path)))
    return f"{name} {'goes' if new is None else 'appears' if old is None else 'changes'}"


def _setting(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    if name in SECRETS:
        return f"{name.upper()}: changed"
    old, new = (_shown(each[name]) if name in each else "the default" for each in (before, after))
    return f"{name.upper()}: {old} becomes {new}"


def _paths(values: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of each value that is no mapping with entries."""
    for key, value in values.items():
        path = (*above, str(key))
        if isinstance(value, dict) and value:
            yield from _paths(value, path)
        else:
            yield path


def _is_secret(path: tuple[str, ...]) -> bool:
    """Return whether a value of an earlier release may be a secret, by the name of its key."""
    name = path[-1].lower()
    return any(word in name for word in ("password", "secret", "token", "key"))


def _shown(value: Any) -> str:
    """Return a value in a line, without the secrets that were or are in HELM_VALUES, and shortened."""
    # Masked before it is cut: the start of a secret is no form of it.
    text = "none" if value is None else REDACTOR.clean(" ".join(str(value).split())) or "empty"
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
