"""Template functions that return the context of the deployment: subscription(), utcNow() and others."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.providers.deployments.functions.signature import (
    Function,
    table,
    text_argument,
)

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.providers.deployments.context import DeploymentContext

ENVIRONMENT: dict[str, Any] = {
    "name": "AzureCloud",
    "gallery": "https://gallery.azure.com/",
    "graph": "https://graph.windows.net/",
    "portal": "https://portal.azure.com",
    "graphAudience": "https://graph.windows.net/",
    "activeDirectoryDataLake": "https://datalake.azure.net/",
    "batch": "https://batch.core.windows.net/",
    "media": "https://rest.media.azure.net",
    "sqlManagement": "https://management.core.windows.net:8443/",
    "vmImageAliasDoc": "https://raw.githubusercontent.com/Azure/azure-rest-api-specs/master/arm-compute/quickstart-templates/aliases.json",
    "resourceManager": "https://management.azure.com/",
    "authentication": {
        "loginEndpoint": "https://login.microsoftonline.com/",
        "audiences": ["https://management.core.windows.net/", "https://management.azure.com/"],
        "tenant": "common",
        "identityProvider": "AAD",
    },
    "suffixes": {
        "acrLoginServer": ".azurecr.io",
        "keyvaultDns": ".vault.azure.net",
        "sqlServerHostname": ".database.windows.net",
        "storage": "core.windows.net",
    },
}
_DATE_FORMAT = {
    "yyyy": "%Y",
    "MM": "%m",
    "dd": "%d",
    "HH": "%H",
    "mm": "%M",
    "ss": "%S",
    "d": "%Y-%m-%d",
    "u": "%Y-%m-%d %H:%M:%SZ",
}
_DATE_TOKEN = re.compile(r"yyyy|MM|dd|HH|mm|ss")


def _tenant(context: DeploymentContext) -> dict[str, Any]:
    return {"id": f"/tenants/{context.tenant_id}", "tenantId": context.tenant_id, "tenantCategory": "Home"}


def utc_now(context: DeploymentContext, pattern: str = "yyyyMMddTHHmmssZ") -> str:
    """Return the time in a .NET format, which has nothing finer than seconds."""
    pattern = text_argument("utcNow", pattern)
    if pattern in _DATE_FORMAT:
        return context.now.strftime(_DATE_FORMAT[pattern])
    return _DATE_TOKEN.sub(lambda token: context.now.strftime(_DATE_FORMAT[token[0]]), pattern)


SCOPED_FUNCTIONS = table(
    Function("subscription", lambda context: context.subscription, 0, 0),
    Function("resourceGroup", lambda context: context.resource_group, 0, 0),
    Function("tenant", _tenant, 0, 0),
    Function("deployer", lambda context: context.deployer, 0, 0),
    Function("deployment", lambda context: context.deployment, 0, 0),
    Function("environment", lambda _context: ENVIRONMENT, 0, 0),
)
PARAMETER_DEFAULT_FUNCTIONS = table(Function("utcNow", utc_now, 0, 1))
