"""Types of settings for which Azure has rules: names, ids, regions, sizes.

Sources: "Naming rules and restrictions for Azure resources" and "Resolve errors for reserved resource names".
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import Annotated, Any

import yaml
from pydantic import BeforeValidator

from deployer import cloud
from deployer.cloud import REGISTRY_SUFFIX
from deployer.settings.types.text import domain_name, plain_text
from deployer.settings.types.validation import close_to, refusal

_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_LIKE_A_GUID = re.compile(r"[0-9a-f{}-]{20,}")
_GROUP_PATH = re.compile(
    r"/?subscriptions/(?P<subscription>[^/]+)/resourcegroups/(?P<group>[^/]+)", re.IGNORECASE
)
_REGION = re.compile(r"[a-z]+\d*[a-z]*")
_HUB_NAME_CHARACTERS = re.compile(r"[A-Za-z0-9 _.-]*")
_HUB_NAME = re.compile(r"[a-z][a-z0-9-]*")
_RESOURCE_GROUP = re.compile(r"[\w().-]{0,89}[\w()-]")
_VM_SIZE = re.compile(r"(?:standard_)?([a-z]+)(\d+)(-\d+)?([a-z]*)((?:_[a-z0-9]+)*)", re.IGNORECASE)
_KUBERNETES_VERSION = re.compile(r"1\.\d{1,2}(\.\d{1,2})?")
# DNS labels in Azure have 3 to 63 characters, and that of JupyterHub is the name of the hub with `-hub`.
SHORTEST_HUB_NAME, LONGEST_HUB_NAME = 3, 59
_RESERVED_WORD = re.compile(
    r"access|azure|bing|bizspark|biztalk|cortana|directx|dotnet|dynamics|excel|exchange|forefront|groove"
    r"|hololens|hyperv|kinect|lync|msdn|o365|office|office365|onedrive|onenote|outlook|powerpoint|sharepoint"
    r"|skype|visio|visualstudio|login.*|.*microsoft.*|.*windows.*"
    r"|null"  # means "not set" in the environment
)
_TAKEN_NAMESPACES = frozenset({"default", "ingress", "cert-manager", "gatekeeper-system"})


def is_guid(text: str) -> bool:
    """Return whether a text is a GUID in the form of Azure: hyphens, no braces, in any case."""
    return _GUID.fullmatch(text.lower()) is not None


def guid(value: Any) -> str:
    """Accept a GUID, in any case."""
    text = plain_text(value).lower()
    if not is_guid(text):
        raise refusal("is not a GUID.", "Write it like 00000000-0000-0000-0000-000000000000.")
    return text


def subscription(value: Any) -> str:
    """Accept the id of a subscription, also as a path `/subscriptions/…`, or its name."""
    text = plain_text(value)
    path = re.fullmatch(r"/?subscriptions/([^/]+)/?", text, re.IGNORECASE)
    if path or is_guid(text):
        return guid(path[1] if path else text)
    if _LIKE_A_GUID.fullmatch(text.lower()) or "/" in text:
        raise refusal(
            "is not a subscription.", "Write its id (from the portal's page Subscriptions) or its name."
        )
    return text


def tenant(value: Any) -> str:
    """Accept the id of a tenant or one of its domains, but not `common`, which stands for all tenants."""
    text = plain_text(value).lower()
    if is_guid(text):
        return text
    if "." not in text:
        raise refusal(
            "is not a tenant.", "Write its id (from the portal's page Microsoft Entra ID) or its domain."
        )
    return domain_name(text)


@cache
def known_regions() -> tuple[str, ...]:
    """Return the names of the public Azure regions with AKS."""
    text = resources.files("deployer.settings").joinpath("regions.yaml").read_text(encoding="utf-8")
    return tuple(yaml.load(text, Loader=yaml.CSafeLoader))


def region(value: Any) -> str:
    """Accept a region by its name or its display name: `West Europe`, `(Europe) West Europe`.

    Regions that this release does not know are accepted, with a warning: Azure adds some every year, and has
    others for early access.
    """
    text = re.sub(r"\([^)]*\)|[\s_-]", "", plain_text(value)).lower()
    if not _REGION.fullmatch(text):
        raise refusal("is not an Azure region.", "Write one like westeurope or eastus.")
    return text


def unknown_region(name: str) -> str | None:
    """Return a warning about a region that this release does not know, None for one that it knows."""
    if name in known_regions():
        return None
    warning = (
        "is not a region that this release knows: the deployment fails if Azure does not have it either."
    )
    return f"{warning} {close_to(name, known_regions())}".rstrip()


def azure_cloud(value: Any) -> str:
    """Accept the public cloud only."""
    name = plain_text(value)
    if name.lower() != cloud.NAME.lower():
        raise refusal(
            "is another cloud: the deployer works in the public cloud of Azure only.", f"Use {cloud.NAME}."
        )
    return cloud.NAME


def hub_name(value: Any) -> str:
    """Accept the name of a hub and return it as a DNS label: its words in lower case, joined by dashes.

    The template has the same rule, because it names and tags resources before the deployer runs.
    """
    given = value if isinstance(value, str) else plain_text(value)
    name = "-".join(word for word in re.split(r"[ _.-]", given.lower()) if word)
    lengths = range(SHORTEST_HUB_NAME, LONGEST_HUB_NAME + 1)
    legible = _HUB_NAME_CHARACTERS.fullmatch(given) and _HUB_NAME.fullmatch(name)
    if not legible or len(given) not in lengths or len(name) not in lengths:
        raise refusal(
            f"must be {SHORTEST_HUB_NAME}-{LONGEST_HUB_NAME} letters a-z, digits and dashes, a letter first.",
            "Write one like my-hub.",
        )
    if _RESERVED_WORD.fullmatch(name):
        raise refusal("is or contains a reserved word.", "Choose another name.")
    if name in _TAKEN_NAMESPACES or name.startswith("kube-"):
        raise refusal("is a namespace that the cluster uses itself.", "Choose another name.")
    return name


def resource_group(value: Any) -> str:
    """Accept the name of a resource group, but no path: its subscription would have no effect."""
    name = plain_text(value).rstrip("/")
    path = _GROUP_PATH.fullmatch(name)
    if path:
        raise refusal(
            "is the path of a resource group, with a subscription.",
            f"Write {path['group']}, and {path['subscription']} as AZURE_SUBSCRIPTION.",
        )
    if not _RESOURCE_GROUP.fullmatch(name):
        raise refusal(
            "must be 1 to 90 letters, digits, _ - . ( ) and not end with a dot.",
            "Write the name of a resource group.",
        )
    return name


def resource_group_anywhere(value: Any) -> str:
    """Accept the name of a resource group, or its path where it lies in another subscription."""
    path = _GROUP_PATH.fullmatch(plain_text(value).rstrip("/"))
    if path is None:
        return resource_group(value)
    subscription_id, name = guid(path["subscription"]), resource_group(path["group"])
    return f"/subscriptions/{subscription_id}/resourceGroups/{name}"


def registry_name(value: Any) -> str:
    """Accept the name of a container registry, without its dots, dashes and spaces."""
    name = re.sub(r"[\s._-]", "", plain_text(value).lower().removesuffix(f".{REGISTRY_SUFFIX}"))
    if not re.fullmatch(r"[a-z0-9]{5,50}", name):
        raise refusal(
            "must be 5 to 50 letters and digits.", "Leave it empty for a name derived from that of the hub."
        )
    return name


def storage_account(value: Any) -> str:
    """Accept the name of a storage account."""
    name = plain_text(value).lower()
    if not re.fullmatch(r"[a-z0-9]{3,24}", name):
        raise refusal(
            "must be 3 to 24 lower-case letters and digits.", "Write the name of an existing storage account."
        )
    return name


def vm_size(value: Any) -> str:
    """Accept a VM size with the 2 cores that AKS requires, and return it in the spelling of Azure."""
    match = _VM_SIZE.fullmatch(plain_text(value).replace(" ", "_"))
    if not match or match[1].lower() == "basic":
        raise refusal("is not a VM size.", "Write one like Standard_D2s_v5.")
    family, cores, constrained, features, rest = match.groups(default="")
    if int((constrained or cores).lstrip("-")) < 2:  # noqa: PLR2004 - AKS: SystemPoolSkuTooLow
        raise refusal(
            "has a single core, and AKS nodes need two.", "Write a larger one, like Standard_D2s_v5."
        )
    return f"Standard_{family.upper()}{cores}{constrained}{features.lower()}{_size_suffixes(rest)}"


def _size_suffixes(rest: str) -> str:
    """Return versions (`_v5`) in lower case and accelerators (`_A100`) in upper case."""
    parts = rest.split("_")
    return "_".join(
        part.lower() if re.fullmatch(r"v\d+|[a-z]+", part, re.IGNORECASE) else part.upper() for part in parts
    )


def kubernetes_version(value: Any) -> str:
    """Accept a Kubernetes version as AKS lists them: 1.34 or 1.34.2."""
    text = plain_text(value).lower().removeprefix("v")
    if not _KUBERNETES_VERSION.fullmatch(text):
        raise refusal(
            "is not a Kubernetes version.", "Write one like 1.34, or leave it empty for the default of AKS."
        )
    return text


Guid = Annotated[str, BeforeValidator(guid)]
Subscription = Annotated[str, BeforeValidator(subscription)]
Tenant = Annotated[str, BeforeValidator(tenant)]
Cloud = Annotated[str, BeforeValidator(azure_cloud)]
Region = Annotated[str, BeforeValidator(region)]
HubName = Annotated[str, BeforeValidator(hub_name)]
ResourceGroup = Annotated[str, BeforeValidator(resource_group)]
ResourceGroupAnywhere = Annotated[str, BeforeValidator(resource_group_anywhere)]
RegistryName = Annotated[str, BeforeValidator(registry_name)]
StorageAccount = Annotated[str, BeforeValidator(storage_account)]
VmSize = Annotated[str, BeforeValidator(vm_size)]
KubernetesVersion = Annotated[str, BeforeValidator(kubernetes_version)]
