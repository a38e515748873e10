"""The demo: clicks the button, shows the events of the deployer, and visits the hub."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from rich.text import Text

from sandbox.visitor.portal import Click, Portal

if TYPE_CHECKING:
    from rich.console import Console

    from sandbox.client import RunningSandbox
    from sandbox.visitor.portal import Clicked

STYLES = {
    "warning": "yellow",
    "step_done": "green",
    "step_failed": "bold red",
    "run_done": "bold green",
    "run_failed": "bold red",
    "step_progress": "dim",
}
HUB = "demo"
# With an e-mail address for the certificate authorities, the hub is served over HTTPS.
CONTACT = "you@university.example.org"


def click(portal: Portal, wanted: Click, screen: Console) -> bool:
    """Deploy the template and show the events of the deployer; return whether its run succeeded."""
    return _follow(portal, wanted, screen).succeeded


def demo(running: RunningSandbox, screen: Console) -> bool:
    """Deploy a hub named `demo`, visit it, and show its outputs; return whether all of it succeeded."""
    started = time.monotonic()
    portal = Portal(running)
    clicked = _follow(portal, Click({"binderHubName": HUB, "contactEmail": CONTACT}), screen)
    if not clicked.succeeded:
        screen.print("The deployment failed.", style="bold red")
        return False
    latest = json.loads(portal.read_blob(clicked.account, "latest.json"))
    record = json.loads(portal.read_blob(clicked.account, latest["record"]))
    answers = _visit(portal, record["hub"], screen)
    _show_outputs(portal, clicked, latest["run"], screen)
    screen.print(f"\nDone in {time.monotonic() - started:.0f} s. The sandbox stays up; look around in it:")
    for command in (
        "python -m sandbox shell -- helm list --all-namespaces",
        f"python -m sandbox shell -- binderhub-deployer info --name {HUB} --resource-group binderhub",
        f"python -m sandbox browse {record['hub']['binder_url']}",
        "python -m sandbox state",
        "python -m sandbox stop",
    ):
        screen.print(f"  .venv/bin/{command}", soft_wrap=True)
    return all(answers)


def _follow(portal: Portal, wanted: Click, screen: Console) -> Clicked:
    screen.print(f"Clicking the button: {wanted.template.name} into the group {wanted.resource_group}.")
    clicked = portal.deploy(wanted)
    screen.print("Azure has deployed the template; the deployer's container runs:")
    for event in portal.follow(clicked):
        screen.print(_line(event), soft_wrap=True)
    return clicked


def _visit(portal: Portal, hub: dict[str, Any], screen: Console) -> list[bool]:
    """Visit both addresses; return for each whether it answered."""
    answers = []
    screen.print()
    for name, url in (("BinderHub", f"{hub['binder_url']}/"), ("JupyterHub", f"{hub['hub_url']}/hub/api")):
        answer = portal.visit(url)
        answers.append(answer.startswith("200"))
        screen.print(Text.assemble((f"{name}  ", "bold"), f"{url} ", (f"({answer})", "dim")), soft_wrap=True)
    return answers


def _show_outputs(portal: Portal, clicked: Clicked, run: str, screen: Console) -> None:
    screen.print(Text.assemble(("Outputs    ", "bold"), clicked.outputs["outputsContainer"]["value"]))
    for name in portal.list_blobs(clicked.account, run):
        screen.print(f"             {name}")


def _line(event: dict[str, Any]) -> Text:
    """Return an event of the deployer as a line for the terminal."""
    kind, step = str(event.get("kind")), str(event.get("step") or "")
    seconds = f" ({event['seconds']:.1f} s)" if "seconds" in event else ""
    return Text(f"  {step:<16} {event.get('message', '')}{seconds}", style=STYLES.get(kind, ""))
