"""Records cert-manager's objects while real hubs get, or do not get, their certificates in the sandbox.

`python -m tests.deployer.certificates.recorder` writes the recordings anew. What is read out of them is in
`test_recordings`, which needs no cluster.
"""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from deployer.certificates.state import CertificateObjects, CertificateState, read_state
from sandbox.client import start_in_background
from tests.clusters import kubernetes
from tests.conftest import TIME_SCALE
from tests.end_to_end.https_hubs import EMAIL, HttpsHub, refusing

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from sandbox.client import RunningSandbox

RECORDINGS = Path(__file__).parent / "recordings"
HUB = "recorded"
LOOK_EVERY_SECONDS = 0.1
NAMESPACED = {
    "requests": "cert-manager.io/v1/namespaces/{}/certificaterequests",
    "orders": "acme.cert-manager.io/v1/namespaces/{}/orders",
    "challenges": "acme.cert-manager.io/v1/namespaces/{}/challenges",
}
# What no reader of a state looks at: keys, requests and certificates, and who wrote which field.
UNREAD = {
    *("managedFields", "annotations", "labels", "resourceVersion", "solver", "solvers", "acme"),
    *("request", "certificate", "ca", "token", "key", "url", "authorizationURL", "authorizations"),
}
WAYS: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "issued": ({}, EMAIL),
    "refused-email": ({"letsencrypt": "invalidContact"}, EMAIL),
    "rate-limit": ({"letsencrypt": "rateLimited"}, {**EMAIL, "CERTIFICATE_AUTHORITY": "letsencrypt"}),
    "caa": ({"letsencrypt": "caa"}, {**EMAIL, "CERTIFICATE_AUTHORITY": "letsencrypt"}),
    "no-dns": ({}, {**EMAIL, "DOMAIN_NAME": "nowhere.example.com"}),
}
"""How the authorities answer, and the settings, of each way to a certificate or to none."""


def main() -> None:
    """Take a hub each way, and keep its objects whenever they mean what none kept before means."""
    RECORDINGS.mkdir(exist_ok=True)
    told: set[str] = set()
    with TemporaryDirectory() as folder:
        sandbox = start_in_background(Path(folder) / "state", f"--time-scale={TIME_SCALE}", ends_with_us=True)
        try:
            hub = HttpsHub(sandbox, Path(folder), HUB)
            hub.deploy()
            for way, (refusals, settings) in WAYS.items():
                with refusing(sandbox, **refusals), _recording(sandbox, way, told):
                    hub.deploy(**settings)
                hub.forget_certificate()
        finally:
            sandbox.stop()


@contextmanager
def _recording(sandbox: RunningSandbox, way: str, told: set[str]) -> Iterator[None]:
    ended = threading.Event()
    recorder = threading.Thread(target=_record, args=(sandbox, way, told, ended))
    recorder.start()
    try:
        yield
    finally:
        ended.set()
        recorder.join()


def _record(sandbox: RunningSandbox, way: str, told: set[str], ended: threading.Event) -> None:
    kept = 0
    with kubernetes(sandbox, HUB) as api:
        while True:
            last = ended.wait(LOOK_EVERY_SECONDS)
            objects = _look(api)
            if (
                objects["certificate"]
                and (meaning := meaning_of(read_state(CertificateObjects(**objects)))) not in told
            ):
                told.add(meaning)
                kept += 1
                path = RECORDINGS / f"{way}-{kept}.json"
                path.write_text(json.dumps(objects, indent=1) + "\n", encoding="utf-8")
                print(path.name, meaning)  # noqa: T201 - for whoever records
            if last:
                return


def meaning_of(state: CertificateState) -> str:
    """Return what a state says, as of the first of the two names."""
    return state.words.replace(f"{HUB}-hub.", f"{HUB}.").replace("hub.nowhere", "binder.nowhere")


def _look(api: httpx.Client) -> dict[str, Any]:
    """Return the objects of the hub's certificate as they are now."""
    found = _get(api, f"cert-manager.io/v1/namespaces/{HUB}/certificates/binderhub")
    issuer = None
    if found is not None:
        issuer = _get(api, f"cert-manager.io/v1/clusterissuers/{found['spec']['issuerRef']['name']}")
    below = {
        kind: (_get(api, path.format(HUB)) or {"items": []})["items"] for kind, path in NAMESPACED.items()
    }
    return {"certificate": found, "issuer": issuer, **below}


def _get(api: httpx.Client, path: str) -> Any:
    answer = api.get(f"/apis/{path}")
    return _read(answer.json()) if answer.is_success else None


def _read(value: Any) -> Any:
    """Leave out what no reader of a state looks at."""
    if isinstance(value, dict):
        return {key: _read(each) for key, each in value.items() if key not in UNREAD}
    return [_read(each) for each in value] if isinstance(value, list) else value


if __name__ == "__main__":
    main()
