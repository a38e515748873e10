"""The regions that the sandbox has: ten of Azure, spread over its geographies."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Location:
    """A region, its names, and its place in degrees."""

    name: str
    display_name: str
    geography: str
    group: str
    place: str
    latitude: str
    longitude: str

    @property
    def regional_display_name(self) -> str:
        """The display name after its geography group: "(Europe) West Europe"."""
        return f"({self.group}) {self.display_name}"


LOCATIONS = (
    Location("eastus", "East US", "United States", "US", "Virginia", "37.3719", "-79.8164"),
    Location("eastus2", "East US 2", "United States", "US", "Virginia", "36.6681", "-78.3889"),
    Location("westus2", "West US 2", "United States", "US", "Washington", "47.233", "-119.852"),
    Location("canadacentral", "Canada Central", "Canada", "Canada", "Toronto", "43.653", "-79.383"),
    Location("westeurope", "West Europe", "Europe", "Europe", "Netherlands", "52.3667", "4.9"),
    Location("northeurope", "North Europe", "Europe", "Europe", "Ireland", "53.3478", "-6.2597"),
    Location("uksouth", "UK South", "United Kingdom", "Europe", "London", "50.941", "-0.799"),
    Location(
        "germanywestcentral", "Germany West Central", "Germany", "Europe", "Frankfurt", "50.11", "8.682"
    ),
    Location("swedencentral", "Sweden Central", "Sweden", "Europe", "Gävle", "60.67488", "17.14127"),
    Location(
        "southeastasia", "Southeast Asia", "Asia Pacific", "Asia Pacific", "Singapore", "1.283", "103.833"
    ),
)
LOCATION_NAMES = tuple(location.name for location in LOCATIONS)


def normalised(location: str) -> str:
    """Return the name of a region in either of its spellings: "westeurope" for "West Europe"."""
    return location.replace(" ", "").lower()
