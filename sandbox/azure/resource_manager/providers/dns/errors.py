"""Azure DNS's refusals, in its words: it answers the error object bare.

Sources: azure-cli's recorded traffic, Azure PowerShell's tests, issues of external-dns (5358, 4855).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.azure.resource_manager.core.errors import ArmError

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.core.ids import ResourceId


def bad_request(message: str) -> ArmError:
    """A request that Azure DNS refuses as it stands."""
    return ArmError(400, "BadRequest", message, bare=True)


def invalid_name(name: str) -> ArmError:
    """A zone, a record set or a target has a name that no domain can have."""
    return bad_request(f"The domain name '{name}' is invalid.")


def record_set_not_found(record_set: ResourceId) -> ArmError:
    """The zone has no record set of this name and type."""
    return ArmError(
        404,
        "NotFound",
        f"The resource record '{record_set.name}' does not exist in resource group '{record_set.group}' of "
        f"subscription '{record_set.subscription}'.",
        bare=True,
    )


def precondition_failed(header: str, condition: str, current: str) -> ArmError:
    """An If-Match or If-None-Match isn't met; `current` is the etag that is there."""
    return ArmError(
        412,
        "PreconditionFailed",
        f"The condition '{condition}' in the {header} header was not satisfied. The current was '{current}'.",
        bare=True,
    )


def cname_beside_others() -> ArmError:
    """A CNAME is wanted where the name has other records."""
    return _conflict(
        "The CNAME record could not be created because another record with the same name already exists in "
        "this zone."
    )


def beside_cname() -> ArmError:
    """A record is wanted where the name has a CNAME."""
    return _conflict(
        "The record could not be created because a CNAME record with the same name already exists in this "
        "zone."
    )


def _conflict(message: str) -> ArmError:
    return ArmError(409, "Conflict", message, bare=True)
