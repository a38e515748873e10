"""The cloud that the deployer works in, and its endpoints: the only place that has them.

Azure's other clouds have other names for all of these.
"""

from __future__ import annotations

NAME = "AzureCloud"
MANAGEMENT_ENDPOINT = "https://management.azure.com"
MANAGEMENT_SCOPE = f"{MANAGEMENT_ENDPOINT}/.default"
LOGIN_HOST = "login.microsoftonline.com"
BLOB_SUFFIX = "blob.core.windows.net"
REGISTRY_SUFFIX = "azurecr.io"
# Below it lie the DNS labels of public addresses: `<label>.<region>.cloudapp.azure.com`.
ADDRESS_SUFFIX = "cloudapp.azure.com"
