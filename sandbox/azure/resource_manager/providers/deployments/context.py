"""Where, when and by whom a template is deployed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True)
class DeploymentContext:
    """The context of a deployment.

    Attributes:
        subscription: what subscription() returns, with its `subscriptionId`.
        resource_group: what resourceGroup() returns.
        tenant_id: id of the directory.
        deployer: what deployer() returns: `objectId` and `tenantId` of who deploys.
        deployment: what deployment() returns.
        now: the time, in UTC.

    """

    subscription: dict[str, Any]
    resource_group: dict[str, Any]
    tenant_id: str
    deployer: dict[str, Any]
    deployment: dict[str, Any]
    now: datetime

    @property
    def subscription_id(self) -> str:
        """The GUID of the subscription."""
        return str(self.subscription["subscriptionId"])
