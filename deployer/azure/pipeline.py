"""The policies that every request to Azure Resource Manager passes.

Those of the SDK, without the one that registers a resource provider when a request fails for lack of it: that
policy waits for the registration without a bound and without a word, and the step `providers` has looked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure.core.pipeline.policies import (
    AsyncRedirectPolicy,
    AsyncRetryPolicy,
    ContentDecodePolicy,
    CustomHookPolicy,
    HeadersPolicy,
    NetworkTraceLoggingPolicy,
    ProxyPolicy,
    RequestIdPolicy,
    SensitiveHeaderCleanupPolicy,
    UserAgentPolicy,
)
from azure.mgmt.core.policies import ARMHttpLoggingPolicy, AsyncARMChallengeAuthenticationPolicy

from deployer.cloud import MANAGEMENT_SCOPE

if TYPE_CHECKING:
    from typing import Any

    from azure.core.credentials_async import AsyncTokenCredential


def request_policies(credential: AsyncTokenCredential) -> list[Any]:
    """Return the policies of a client, in the order of the SDK's own clients."""
    return [
        RequestIdPolicy(),
        HeadersPolicy(),
        UserAgentPolicy("binderhub-deployer"),
        ProxyPolicy(),
        ContentDecodePolicy(),
        AsyncRedirectPolicy(),
        AsyncRetryPolicy(),
        AsyncARMChallengeAuthenticationPolicy(credential, MANAGEMENT_SCOPE),
        CustomHookPolicy(),
        NetworkTraceLoggingPolicy(),
        SensitiveHeaderCleanupPolicy(),
        ARMHttpLoggingPolicy(),
    ]
