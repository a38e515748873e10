"""What BinderHub and JupyterHub answer to anyone, by the code that their configuration holds.

The charts execute `extraConfig` when they read their configuration, before a server starts. It changes
`HTTPServer` of Tornado, which both make with keywords, and `MetricsHandler` of BinderHub, which answers GET.
"""

from __future__ import annotations

import asyncio
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from tests.deployer.hubs import AZURE_NAMES, GITHUB, MODES, values_of

LIMIT = 1024**2


class HttpServer:
    """A server that keeps its options, like Tornado's."""

    options: dict[str, Any]

    def initialize(self, *_arguments: Any, **options: Any) -> None:
        self.options = options


class HttpError(Exception):
    """A status as Tornado raises it."""


@pytest.fixture
def binderhub(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Let the code find what it changes, new in each test."""
    server = type("HTTPServer", (HttpServer,), {"initialize": HttpServer.initialize})
    handler = type("MetricsHandler", (), {})
    modules: dict[str, dict[str, Any]] = {
        "tornado": {},
        "tornado.httpserver": {"HTTPServer": server},
        "tornado.web": {"HTTPError": HttpError},
        "binderhub": {},
        "binderhub.metrics": {"MetricsHandler": handler},
    }
    for name, contents in modules.items():
        module = ModuleType(name)
        vars(module).update(contents)
        monkeypatch.setitem(sys.modules, name, module)
    return SimpleNamespace(server=server, metrics=handler)


def execute(snippets: dict[str, str], *names: str) -> None:
    """Execute code as the charts do, in one namespace."""
    namespace: dict[str, Any] = {}
    for name in names:
        exec(snippets[name], namespace)  # noqa: S102 - ours


@pytest.mark.parametrize("mode", MODES.values())
def test_nobody_reads_the_metrics_of_binderhub(mode: dict[str, Any], binderhub: SimpleNamespace) -> None:
    execute(values_of(**mode).public["extraConfig"], "metrics")
    with pytest.raises(HttpError) as raised:
        asyncio.run(binderhub.metrics().get())
    assert raised.value.args == (404,)


@pytest.mark.parametrize("hub", [*MODES.values(), {**AZURE_NAMES, **GITHUB}])
def test_requests_have_a_longest_body_at_both_servers(
    hub: dict[str, Any], binderhub: SimpleNamespace
) -> None:
    values = values_of(**hub).public
    for snippets in (values["extraConfig"], values["jupyterhub"]["hub"]["extraConfig"]):
        execute(snippets, "request-limit")
        server = binderhub.server()
        server.initialize("application", xheaders=True)
        assert server.options == {"xheaders": True, "max_body_size": LIMIT}


def test_a_limit_that_a_server_is_given_stays(binderhub: SimpleNamespace) -> None:
    execute(values_of().public["extraConfig"], "request-limit")
    server = binderhub.server()
    server.initialize("application", max_body_size=7)
    assert server.options["max_body_size"] == 7
