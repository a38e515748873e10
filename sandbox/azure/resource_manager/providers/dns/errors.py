"""The errors of Azure DNS in its own words; their bodies are bare error objects.

Sources: azure-cli's recorded traffic, Azure PowerShell's tests, issues of external-dns (5358, 4855).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.azure.resource_manager.core.errors import ArmError

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.core.ids import ResourceId


def bad_request(message: str) -> ArmError:
    """Return the error of an invalid request."""
    return ArmError(400, "BadRequest", message, bare=True)


def invalid_name(name: str) -> ArmError:
    """Return the error of a zone, record set or target whose name is no domain name."""
    return bad_request(f"The domain name '{name}' is invalid.")


def record_set_not_found(record_set: ResourceId) -> ArmError:
    """Return the error of a record set that does not exist."""
    return ArmError(
        404,
        "NotFound",
        f"The resource record '{record_set.name}' does not exist in resource group '{record_set.group}' of "
        f"subscription '{record_set.subscription}'.",
        bare=True,
    )


def precondition_failed(header: str, condition: str, current: str) -> ArmError:
    """Return the error of an If-Match or If-None-Match; `current` is the present etag."""
    return ArmError(
        412,
        "PreconditionFailed",
        f"The condition '{condition}' in the {header} header was not satisfied. The current was '{current}'.",
        bare=True,
    )


def cname_beside_others() -> ArmError:
    """Return the error of a CNAME record whose name has other records."""
    return _conflict(
        "The CNAME record could not be created because another record with the same name already exists in "
        "this zone."
    )


def beside_cname() -> ArmError:
    """Return the error of a record whose name has a CNAME record."""
    return _conflict(
        "The record could not be created because a CNAME record with the same name already exists in this "
        "zone."
    )


def _conflict(message: str) -> ArmError:
    return ArmError(409, "Conflict", message, bare=True)
