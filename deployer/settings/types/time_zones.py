"""The type of the setting TIME_ZONE, and the names that Azure's schedules know: those of Windows."""

from __future__ import annotations

from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import BeforeValidator
from tzlocal.windows_tz import tz_win, win_tz

from deployer.settings.types.text import plain_text
from deployer.settings.types.validation import close_to, refusal


def time_zone(value: Any) -> str:
    """Accept a time zone by its name in the IANA database or in Windows, in any case: Europe/London."""
    text = plain_text(value)
    names = {name.casefold(): name for name in available_timezones()}
    names_in_windows = {name.casefold(): zone for name, zone in win_tz.items()}
    found = names.get(text.replace(" ", "_").casefold()) or names_in_windows.get(text.casefold())
    if found is None:
        remedy = close_to(text, sorted(names.values()))
        raise refusal("is not a time zone.", remedy or "Write one like Europe/London or America/New_York.")
    return found


def windows_zone(time_zone: str) -> str | None:
    """Return what Windows calls a time zone of the IANA database; None where it has no name for it."""
    return tz_win.get(time_zone)


TimeZone = Annotated[str, BeforeValidator(time_zone)]
