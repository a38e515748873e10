"""Writes the table of docs/security.md that says which pod reaches what, as the network policies let it.

`python -m tests.docs.reachability_table` writes it into the page; a test compares it with the policies.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.internet.charts.packages import OWN_CHARTS
from tests.deployer.hubs import AZURE_NAMES, PLAIN_HTTP
from tests.reachability import DNS, GIT, HTTP, HTTPS, NEVER, VISITORS, hub_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.network_policies import Pod
    from tests.reachability import Hub

PAGE = Path(__file__).resolve().parents[2] / "docs" / "security.md"
MARKS = re.compile(r"(?<=<!-- reachability -->\n\n).*?(?=\n<!-- end of reachability -->)", re.DOTALL)
SCHEMES = {"with HTTPS": AZURE_NAMES, "over plain HTTP": PLAIN_HTTP}


def reachability() -> str:
    """Return the table of a hub with HTTPS and without sign-in, and who lets visitors in."""
    hubs = {scheme: hub_of(OWN_CHARTS / "binderhub", **given) for scheme, given in SCHEMES.items()}
    return f"{_table(hubs['with HTTPS'])}\n{_visitors(hubs)}"


def _table(hub: Hub) -> str:
    columns: dict[str, Callable[[Pod], bool]] = {
        "credentials, private networks, nodes, mail, UDP": lambda pod: any(
            hub.reaches(pod, one) for one in NEVER.values()
        ),
        "host names (DNS)": lambda pod: hub.reaches(pod, DNS),
        "internet: 443": lambda pod: hub.reaches(pod, HTTPS),
        "80": lambda pod: hub.reaches(pod, HTTP),
        "9418 and others": lambda pod: hub.reaches(pod, GIT),
    }
    inside = hub.inside()
    head = ["from", *columns, "inside the cluster"]
    rows = [
        [
            name,
            *("yes" if reached(pod) else "–" for reached in columns.values()),
            _listed(one for one, target in inside.items() if hub.reaches(pod, target)),
        ]
        for name, pod in hub.pods.items()
    ]
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _visitors(hubs: dict[str, Hub]) -> str:
    with_https, plain = (_sites(hubs[scheme]) for scheme in SCHEMES)
    # Over plain HTTP there is no Traefik.
    both = {"With HTTPS": with_https, "Over plain HTTP": [site for site in plain if site != "Traefik"]}
    return "".join(f"- {scheme}, visitors reach {_listed(sites)}.\n" for scheme, sites in both.items())


def _sites(hub: Hub) -> list[str]:
    # The Kubernetes API calls the webhook by way of a node, as visitors come.
    public = {name: one for name, one in hub.inside().items() if name != "cert-manager's webhook"}
    return [name for name, one in public.items() if all(hub.reaches(peer, one) for peer in VISITORS.values())]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "–"


if __name__ == "__main__":
    PAGE.write_text(MARKS.sub(reachability(), PAGE.read_text(encoding="utf-8")), encoding="utf-8")
