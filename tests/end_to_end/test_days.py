"""The days after the first one: a hub is looked at, upgraded, stopped, started and removed again."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from deployer.settings.types.tags import NAME_TAG
from tests.clusters import kubernetes
from tests.end_to_end.deployments import deploy, group_of, run, type_into
from tests.end_to_end.governance import azure
from tests.end_to_end.hub_pods import await_running, build, phases, session
from tests.end_to_end.hubs import Hub
from tests.end_to_end.images import push_image, registry, repositories
from tests.end_to_end.people import group_id, make_group
from tests.end_to_end.power import await_power
from tests.end_to_end.teardowns import names, resources, teardown
from tests.results import refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sandbox.client import RunningSandbox

HUB = "days"
LOCATION = "swedencentral"
# No machine for sessions while nobody is there.
WHERE = {"RESOURCE_GROUP_LOCATION": LOCATION, "AKS_NODE_COUNT": "0"}
PATIENCE_SECONDS = 120
# By Ctrl-C.
INTERRUPTED = 3
SECRET = {"GITHUB_ACCESS_TOKEN": "ghp_canaryofthedays0123456789abcdefghijk"}
# Leads nowhere, so that BinderHub says that it is not well.
BROKEN = "config:\n  BinderHub:\n    hub_url: http://not-the-hub.swedencentral.cloudapp.azure.com\n"


@pytest.fixture(scope="module")
def hub(sandbox: RunningSandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Deploy the hub of this file, into a group that the deployer creates."""
    before, folder = resources(sandbox), tmp_path_factory.mktemp(HUB)
    with group_of(sandbox, HUB):
        ran = deploy(sandbox, folder, HUB, **WHERE, **SECRET)
        assert ran.status == 0, ran.stderr
        yield Hub(sandbox, HUB, folder, before)
        # The last test has removed the group, and `group_of` expects one.
        make_group(sandbox, HUB, LOCATION)


def test_info_tells_how_the_hub_is(hub: Hub) -> None:
    told = hub.info()
    assert (told["binder_answers"], told["hub_answers"]) == (True, True)
    assert told["cluster_state"] == "Running (Succeeded)"
    assert [(each["chart"], each["status"]) for each in told["releases"]] == [
        (told["releases"][0]["known_good"], "deployed")
    ]
    assert (told["sessions"], told["builds"]) == (0, 0)
    assert (told["last_run"]["command"], told["last_run"]["status"]) == ("deploy", "done")
    assert (told["differences"], told["problems"]) == ([], [])


def test_info_is_for_people_where_nothing_else_is_asked_for(hub: Hub) -> None:
    told, shown = hub.info(), hub.read("info")
    rows = dict(re.findall(r"^(\S+(?: \S+)*) {2,}(\S.*?) *$", shown, flags=re.MULTILINE))
    assert rows["BinderHub"] == f"{told['binder_url']} (answers)"
    assert rows["Running now"] == "0 session(s), 0 build(s)"
    assert rows[f"Release {HUB}"] == f"{told['releases'][0]['chart']}, revision 1, deployed"
    assert rows["Node pool user"] == f"0 × {told['pools'][1]['vm_size']}, 0 to 3"
    assert rows["Last run"] == f"deploy of {told['last_run']['started']}: done"


def test_the_first_visitor_gets_a_machine_with_a_builder_where_there_was_none(hub: Hub) -> None:
    (user,) = [pool for pool in hub.info()["pools"] if pool["name"] == "user"]
    assert (user["count"], user["min_count"]) == (0, 0)
    with kubernetes(hub.sandbox, HUB) as api:
        pods = f"/api/v1/namespaces/{HUB}/pods"
        assert phases(api, pods, "component=user-placeholder") == []
        assert phases(api, pods, "component=image-builder") == []
        api.post(pods, json=session(HUB)).raise_for_status()
        for labels in ("component=singleuser-server", "component=image-builder"):
            await_running(api, pods, labels)
    told = hub.info()
    assert told["sessions"] == 1
    assert [pool["count"] for pool in told["pools"] if pool["name"] == "user"] == [1]
    assert told["differences"] == []


@pytest.mark.parametrize(("target", "pods"), [("hub", {"hub"}), ("proxy", {"proxy"}), ("builds", set())])
def test_logs_of_pods_come_from_the_api_of_the_cluster(hub: Hub, target: str, pods: set[str]) -> None:
    ran = hub.ask("logs", target, "--tail", "1")
    assert ran.status == 0, ran.stderr
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [refusal for line in lines for refusal in refused("log_line", line)] == []
    assert {line["source"].partition("-")[0] for line in lines} == pods


def test_logs_of_several_pods_are_shown_together(hub: Hub) -> None:
    ran = hub.ask("logs")
    sources = {json.loads(line)["source"].partition("-")[0] for line in ran.stdout.splitlines()}
    assert sources == {"binder", "hub", "proxy"}
    assert re.match(r"hub-\w+-\w+: \S", hub.read("logs", "hub", "--tail", "1"))


def test_a_log_that_is_followed_takes_in_builds_that_start_later(hub: Hub) -> None:
    command = hub.command("logs", "builds", "--follow", "-o", "json")
    follower = subprocess.Popen(command, env=hub.sandbox.environment(), stdout=subprocess.PIPE, text=True)
    # A log that stays silent ends the test.
    patience = threading.Timer(PATIENCE_SECONDS, follower.kill)
    patience.start()
    with kubernetes(hub.sandbox, HUB) as api:
        pods = f"/api/v1/namespaces/{HUB}/pods"
        for name in ("first", "second"):
            api.post(pods, json=build(HUB, name)).raise_for_status()
            await_source(follower, f"https://example.org/{name} (build-{name})")
        for name in ("first", "second"):
            api.delete(f"{pods}/build-{name}").raise_for_status()
    follower.send_signal(signal.SIGINT)
    follower.communicate()
    patience.cancel()
    assert follower.returncode == INTERRUPTED


def await_source(follower: subprocess.Popen[str], source: str) -> None:
    """Read lines until there is one from this source."""
    assert follower.stdout is not None
    while json.loads(follower.stdout.readline())["source"] != source:
        pass


def test_the_log_of_the_deployer_is_that_of_its_last_run(hub: Hub) -> None:
    ran = hub.ask("logs", "deployer")
    messages = [json.loads(line)["message"] for line in ran.stdout.splitlines()]
    assert "Deploying the BinderHub days" in messages[0]
    assert "BinderHub is at http://days." in messages[-1]
    last = hub.read("logs", "deployer", "--tail", "1")
    assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ  ", last)
    assert last.endswith(f"{messages[-1]}\n")


def test_the_log_of_the_deployer_can_be_cut_like_those_of_pods(hub: Hub) -> None:
    time.sleep(1)  # since the last line of the last run
    assert hub.ask("logs", "deployer", "--since", "1s").stdout == ""
    assert len(hub.ask("logs", "deployer", "--since", "1d", "--tail", "2").stdout.splitlines()) == 2


def test_nothing_is_upgraded_where_nothing_differs_or_nobody_is_asked(hub: Hub) -> None:
    assert hub.ask("upgrade").result["changed"] is False
    refusal = hub.ask("upgrade", "--set", "IDLE_TIMEOUT=20min")
    assert refusal.status == 2
    assert "--yes" in refusal.stderr


def test_people_see_what_an_upgrade_changes_before_they_are_asked(hub: Hub) -> None:
    ran = run(hub.sandbox, *hub.command("upgrade", "--set", "IDLE_TIMEOUT=20min"))
    assert ran.status == 2
    assert "~ value jupyterhub.cull.timeout: 600 becomes 1200\n" in ran.stdout
    assert "nobody was asked" in ran.stderr
    assert hub.read("upgrade").startswith(f"The hub {HUB} is as its settings")


@pytest.mark.parametrize(
    ("wanted", "refused"),
    [
        (
            "RESOURCE_GROUP_LOCATION=northeurope",
            "this deployment is for northeurope: a hub stays in its region",
        ),
        (
            "AKS_NODE_VM_SIZE=Standard_D8s_v5",
            "this deployment is for Standard_D8s_v5: Azure cannot change the size",
        ),
    ],
)
def test_an_upgrade_to_what_the_hub_cannot_have_is_refused_before_anybody_is_asked(
    hub: Hub, wanted: str, refused: str
) -> None:
    refusal = hub.ask("upgrade", "--set", wanted)
    assert refusal.status == 2
    assert refused in refusal.stderr


def test_an_upgrade_keeps_what_is_not_named_and_needs_no_secret_again(hub: Hub) -> None:
    ran = hub.ask("upgrade", "--set", "IDLE_TIMEOUT=20min", "--yes")
    assert ran.status == 0, ran.stderr
    differences = ran.result["differences"]
    assert differences["settings"] == ["IDLE_TIMEOUT: the default becomes 1200"]
    assert "jupyterhub.cull.timeout: 600 becomes 1200" in differences["values"]
    assert differences["secret_values"] is False
    assert SECRET["GITHUB_ACCESS_TOKEN"] not in ran.stdout + ran.stderr
    values = run(hub.sandbox, "helm", "get", "values", HUB, "--namespace", HUB, "--kube-context", HUB)
    assert SECRET["GITHUB_ACCESS_TOKEN"] in values.stdout


def test_people_answer_whether_the_hub_is_upgraded(hub: Hub) -> None:
    command = hub.command("upgrade", "--set", "IDLE_TIMEOUT=")
    declined = type_into(hub.sandbox, "n\n", *command)
    assert declined.status == 2
    assert "value jupyterhub.cull.timeout: 1200 becomes 600" in declined.stdout
    assert "Nothing was upgraded." in declined.stdout
    agreed = type_into(hub.sandbox, "y\n", *command)
    assert agreed.status == 0, agreed.stdout
    assert f"http://{HUB}.{LOCATION}.cloudapp.azure.com" in agreed.stdout
    assert hub.read("upgrade").startswith(f"The hub {HUB} is as its settings")


def test_values_that_cannot_be_read_are_refused(hub: Hub, tmp_path: Path) -> None:
    refusal = hub.ask("upgrade", "--values", str(tmp_path / "missing.yaml"))
    assert refusal.status == 2
    assert "--values" in refusal.stderr
    assert "cannot be read: [Errno 2] No such file" in refusal.stderr


def test_an_upgrade_that_does_not_become_healthy_is_rolled_back(hub: Hub, tmp_path: Path) -> None:
    values = tmp_path / "values.yaml"
    values.write_text(BROKEN)
    ran = hub.ask("upgrade", "--values", str(values), "--yes", MAXIMUM_DURATION="60")
    assert ran.status == 1
    assert "rolled back" in ran.stderr
    told = hub.info()
    assert told["differences"] == []
    assert (told["last_run"]["command"], told["last_run"]["status"]) == ("upgrade", "failed")
    assert (told["binder_answers"], told["hub_answers"]) == (True, True)


def test_a_hub_that_is_stopped_and_started_is_as_before(hub: Hub) -> None:
    first, again = hub.ask("stop"), hub.ask("stop")
    assert (first.status, again.status) == (0, 0), first.stderr
    assert (first.result["changed"], again.result["changed"]) == (True, False)
    assert "load balancer" in first.result["still_costs"][0]
    seen = hub.see("stop")
    assert re.search(r"The hub +was stopped already", seen)
    assert re.search(r"Still costs +.*load balancer", seen)
    told = hub.info()
    assert told["cluster_state"] == "Stopped (Succeeded)"
    assert (told["binder_answers"], told["sessions"]) == (False, None)
    started, once_more = hub.ask("start"), hub.ask("start")
    assert (started.status, once_more.status) == (0, 0), started.stderr
    assert (started.result["changed"], once_more.result["changed"]) == (True, False)
    seen = hub.see("start")
    assert re.search(r"The hub +was running already", seen)
    assert re.search(rf"BinderHub +http://{HUB}\.", seen)
    told = hub.info()
    assert (told["binder_answers"], told["hub_answers"], told["differences"]) == (True, True, [])


def test_an_upgrade_removes_images_that_no_build_has_pushed_for_long(hub: Hub) -> None:
    found = hub.sandbox.state()["resources"]
    (server,) = [
        each["properties"]["loginServer"]
        for each in found
        if each["type"] == "Microsoft.ContainerRegistry/registries" and each["tags"].get(NAME_TAG) == HUB
    ]
    long_ago = datetime.now(UTC) - timedelta(days=100)
    with registry(hub.sandbox, server) as images:
        with hub.sandbox.time_of_day() as set_time:
            set_time(long_ago.isoformat())
            for repository in (f"{HUB}/binder-old", f"{HUB}/binder-again", "others/old"):
                push_image(images, repository, "v1")
        push_image(images, f"{HUB}/binder-new", "v1")
        push_image(images, f"{HUB}/binder-again", "v1")
        ran = hub.ask("upgrade", "--set", "IMAGE_RETENTION_DAYS=90", "--yes")
        assert ran.status == 0, ran.stderr
        assert ran.result["differences"]["images"] == ["1 image(s) go that no build has pushed for 90 days"]
        assert repositories(images) == [f"{HUB}/binder-again", f"{HUB}/binder-new", "others/old"]
    assert hub.ask("upgrade").result["changed"] is False


@pytest.fixture(scope="module")
def set_time(hub: Hub) -> Iterator[Callable[[str], None]]:
    """Make it noon of a working day, at which the hub of the schedule runs, whatever time it is really."""
    now = datetime.now(UTC)
    wednesday = now + timedelta(days=(2 - now.weekday()) % 7 or 7)
    with hub.sandbox.time_of_day() as set_time:
        set_time(wednesday.replace(hour=12).isoformat())
        yield set_time


def test_a_schedule_stops_the_hub_and_starts_it_again(hub: Hub, set_time: Callable[[str], None]) -> None:
    schedule = ("--set", "STOP_SCHEDULE=weekdays 20:00-07:00 and weekends")
    ran = hub.ask("upgrade", *schedule, "--set", "TIME_ZONE=Europe/Stockholm", "--yes")
    assert ran.status == 0, ran.stderr
    planned = hub.info()["schedule"]
    assert f"next stop {planned['next_stop']}, next start {planned['next_start']} (UTC)" in hub.read("info")
    set_time(planned["next_stop"])
    await_power(hub.sandbox, HUB, "Stopped")
    deployed = deploy(hub.sandbox, hub.folder, HUB, **WHERE, **SECRET)
    assert "is stopped" in deployed.stderr
    assert hub.info()["schedule"]["next_start"] == planned["next_start"]
    set_time(planned["next_start"])
    await_power(hub.sandbox, HUB, "Running")
    told = hub.info()
    assert (told["differences"], told["problems"]) == ([], [])
    assert hub.ask("start").result["changed"] is False


def test_a_schedule_that_may_not_stop_the_hub_says_so(hub: Hub, set_time: Callable[[str], None]) -> None:
    workflow = f"{group_id(hub.sandbox, HUB)}/providers/Microsoft.Logic/workflows/{HUB}-stop"
    own = azure(hub.sandbox, "GET", workflow, "2019-05-01").json()["identity"]["principalId"]
    for assignment in hub.sandbox.state()["resources"]:
        if assignment["properties"].get("principalId") == own:
            azure(hub.sandbox, "DELETE", assignment["id"], "2022-04-01")
    set_time(hub.info()["schedule"]["next_stop"])
    ends = time.monotonic() + PATIENCE_SECONDS
    while not (problems := hub.info()["problems"]):
        assert time.monotonic() < ends
    assert "The last scheduled stop failed: Forbidden" in problems[0]
    azure(hub.sandbox, "POST", f"{workflow}/disable", "2019-05-01")
    told = hub.info()
    assert (told["schedule"]["next_stop"], told["cluster_state"]) == (None, "Running (Succeeded)")
    assert told["problems"] == ["The scheduled stop is paused: its workflow is switched off in Azure."]
    assert f"! {told['problems'][0]}" in hub.read("info")


def test_a_hub_that_is_not_there_is_told_apart_from_one_that_is(hub: Hub, tmp_path: Path) -> None:
    where = ("--name", "another", "--resource-group", HUB, "--outputs", str(tmp_path))
    for command in ("info", "stop"):
        ran = run(hub.sandbox, "binderhub-deployer", command, *where)
        assert ran.status == 2
        assert f"There is no hub another in the resource group {HUB}." in ran.stderr
    ran = run(hub.sandbox, "binderhub-deployer", "teardown", "--dry-run", *where)
    assert (ran.status, ran.stdout.splitlines()[0]) == (0, "There is nothing of the hub another to remove.")


def test_a_teardown_leaves_what_was_there_before(hub: Hub) -> None:
    ran = teardown(hub.sandbox, hub.folder, HUB, "--delete-resource-group")
    assert ran.status == 0, ran.stderr
    assert ("resource-group", HUB) in names(ran, "removed")
    assert resources(hub.sandbox) == hub.before
