"""A teardown that may not look into the DNS zone of the hub's domain."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.end_to_end.teardowns import names, reason, teardown

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.client import RunningSandbox

SETTINGS = {
    "RESOURCE_GROUP_LOCATION": "westeurope",
    "CONTACT_EMAIL": "it@example.org",
    "DOMAIN_NAME": "lab.example.org",
    "DNS_ZONE_RESOURCE_GROUP": "zones",
}
REFUSAL = {"error": {"code": "AuthorizationFailed", "message": "The client may not read the zone."}}


def test_its_records_stay_with_the_reason(sandbox: RunningSandbox, tmp_path: Path) -> None:
    azure = r"management\.azure\.com"
    with sandbox.fault("status", azure, path="/dnsZones", status=403, body=json.dumps(REFUSAL), times=None):
        ran = teardown(sandbox, tmp_path, "unseen", "--dry-run", **SETTINGS)
    assert ran.status == 1
    assert names(ran, "goes") == set()
    why = reason(ran, "records of lab.example.org")
    assert why.startswith("the zone in zones cannot be looked at: ")
