"""Who may do what in a shell: `python -m sandbox shell --as`."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from sandbox.client import CHECKOUT

if TYPE_CHECKING:
    from sandbox.client import RunningSandbox

# Prints the status of a GET of the providers, of one group and of another one.
ASK = """
import os, ssl, httpx
client = httpx.Client(verify=ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"]))
login = f"https://login.microsoftonline.com/{os.environ['SP_TENANT_ID']}/oauth2/v2.0/token"
form = {"grant_type": "client_credentials", "client_id": os.environ["SP_APP_ID"]}
form |= {"client_secret": os.environ["SP_APP_KEY"], "scope": "https://management.azure.com/.default"}
token = client.post(login, data=form).raise_for_status().json()["access_token"]
base = f"https://management.azure.com/subscriptions/{os.environ['AZURE_SUBSCRIPTION']}/resourceGroups/"
for path in ("../providers", "mine", "others"):
    query, headers = {"api-version": "2022-09-01"}, {"Authorization": f"Bearer {token}"}
    print(client.get(base + path, params=query, headers=headers).status_code)
"""


def shell(sandbox: RunningSandbox, *arguments: str) -> str:
    """Run a command in a shell of the sandbox; return what it printed."""
    command = [sys.executable, "-m", "sandbox", "shell", f"--state-dir={sandbox.state_dir}", *arguments]
    ran = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=240, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.mark.parametrize(
    ("who", "statuses"),
    [("owner", "200 200 404"), ("contributor", "403 200 403"), ("stranger", "403 403 403")],
)
def test_a_shell_has_the_rights_of_who_it_belongs_to(
    sandbox: RunningSandbox, who: str, statuses: str
) -> None:
    shell(sandbox, "--as=contributor", "--group=mine", "--", "true")
    answers = shell(sandbox, f"--as={who}", "--group=mine", "--", sys.executable, "-c", ASK)
    assert answers.split() == statuses.split()


def test_each_of_them_has_a_login_of_azure_cli_of_its_own(sandbox: RunningSandbox) -> None:
    folders = {
        shell(sandbox, f"--as={who}", "--", "printenv", "AZURE_CONFIG_DIR") for who in ("owner", "stranger")
    }
    assert len(folders) == 2
