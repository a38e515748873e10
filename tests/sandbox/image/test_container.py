"""The image has what the deployer needs and little more, and its containers are cut off from this machine."""

from __future__ import annotations

import json
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from deployer.helm.binary import HELM_VERSION
from sandbox.client import CHECKOUT
from tests.image_containers import container_command

if TYPE_CHECKING:
    from sandbox.image.build import Image

LARGEST_MEGABYTES = 110
IMPORT_EVERYTHING = """
import importlib, pkgutil, deployer
for module in pkgutil.walk_packages(deployer.__path__, "deployer."):
    importlib.import_module(module.name)
"""
DESCRIBE_YOURSELF = """
import json, os
def writable(path):
    try:
        open(path + "/x", "w").close()
    except OSError as error:
        return error.strerror
    return "yes"
print(json.dumps({
    "user": os.getuid(),
    "group": os.getgid(),
    "groups": os.getgroups(),
    "process": os.getpid(),
    "processes": [name for name in os.listdir("/proc") if name.isdigit()],
    "variables": dict(os.environ),
    "writable": {path: writable(path) for path in ("/", "/app", "/tmp", "/etc")},
}))
"""
WAIT_FOR_A_SIGNAL = """
import signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))
print("waiting", flush=True)
signal.pause()
"""


def output_of(image: Image, *command: str, **variables: str) -> str:
    ran = subprocess.run(
        container_command(image, *command, **variables),
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_a_container_is_cut_off_from_this_machine(image: Image) -> None:
    seen = json.loads(output_of(image, "python", "-c", DESCRIBE_YOURSELF, BINDERHUB_NAME="demo"))
    assert (seen["user"], seen["group"], seen["groups"]) == (10001, 10001, [])
    assert (seen["process"], seen["processes"]) == (1, ["1"])
    assert seen["variables"] == {**image.environment, "BINDERHUB_NAME": "demo", "LC_CTYPE": "C.UTF-8"}
    refused = "Read-only file system"
    assert seen["writable"] == {"/": refused, "/app": refused, "/etc": refused, "/tmp": "yes"}  # noqa: S108 - in the container


def test_a_signal_reaches_the_program_and_its_status_comes_back(image: Image) -> None:
    with subprocess.Popen(
        container_command(image, "python", "-c", WAIT_FOR_A_SIGNAL),
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 3


def test_every_module_of_the_deployer_can_be_imported(image: Image) -> None:
    output_of(image, "python", "-c", IMPORT_EVERYTHING, PYTHONPATH="/app")


def test_helm_is_the_pinned_one(image: Image) -> None:
    assert output_of(image, "helm", "version", "--short").startswith(f"v{HELM_VERSION}")


@pytest.mark.parametrize("module", ["pip", "pytest", "hatchling", "sandbox", "tests"])
def test_what_only_builds_or_tests_is_not_in_the_image(image: Image, module: str) -> None:
    found = "import importlib.util, sys; print(importlib.util.find_spec(sys.argv[1]))"
    assert output_of(image, "python", "-c", found, module, PYTHONPATH="/app") == "None\n"


def test_arguments_are_a_command_of_the_deployer(image: Image) -> None:
    settings = {
        "BINDERHUB_NAME": "demo",
        "RESOURCE_GROUP_NAME": "demo",
        "RESOURCE_GROUP_LOCATION": "westeurope",
        "AZURE_SUBSCRIPTION": "5ab0ca5e-0000-4000-8000-000000000001",
    }
    planned = output_of(image, *image.entrypoint, "plan", **settings)
    assert planned.startswith("Plan for the BinderHub demo")


def test_the_image_says_where_it_comes_from(image: Image) -> None:
    labels = image.config["Labels"]
    assert labels["org.opencontainers.image.source"].startswith("https://github.com/")
    assert labels["org.opencontainers.image.licenses"] == "MIT"
    assert labels["org.opencontainers.image.version"]


def test_the_image_is_small_enough(image: Image) -> None:
    assert image.compressed <= LARGEST_MEGABYTES * 1_000_000
