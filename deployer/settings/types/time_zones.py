"""The type of the setting TIME_ZONE, and the names that Azure's schedules know: those of Windows."""

from __future__ import annotations

from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import BeforeValidator
from tzlocal.windows_tz import tz_win

from deployer.settings.types.text import plain_text
from deployer.settings.types.validation import close_to, refusal


def time_zone(value: Any) -> str:
    """Accept a time zone by its name in the IANA database, in any case: Europe/London."""
    text = plain_text(value).replace(" ", "_")
    known = {name.casefold(): name for name in available_timezones()}
    if text.casefold() not in known:
        remedy = close_to(text, sorted(known.values()))
        raise refusal("is not a time zone.", remedy or "Write one like Europe/London or America/New_York.")
    return known[text.casefold()]


def windows_zone(time_zone: str) -> str | None:
    """Return what Windows calls a time zone of the IANA database; None where it has no name for it."""
    return tz_win.get(time_zone)


TimeZone = Annotated[str, BeforeValidator(time_zone)]
