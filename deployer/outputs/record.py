"""Describes a run for `deployment.json`, which machines read. Later commands ask Azure, not this record."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from deployer.crashes import words_of
from deployer.errors import DeployerError, SettingsError
from deployer.settings.visitors import is_open, who_may_use

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from deployer.names import HubNames
    from deployer.progress.notes import Note
    from deployer.progress.run_record import RunRecord
    from deployer.settings import Settings

# The number in docs/deployment.schema.json: raised when a field or a step gets another name or meaning.
SCHEMA = 2


def describe_error(error: BaseException) -> dict[str, Any]:
    """Return the fields of a failure: what happened, the likely cause, what to do, whether to retry."""
    if not isinstance(error, DeployerError):
        return {"kind": "crash", "message": words_of(error), "retryable": False}
    fields: dict[str, Any] = {
        "kind": type(error).__name__,
        "message": error.message,
        "cause": error.cause,
        "suggestion": error.suggestion,
        "retryable": error.retryable,
    }
    if isinstance(error, SettingsError):
        fields["problems"] = [asdict(problem) for problem in error.problems]
    return fields


def describe_run(  # noqa: PLR0913 - one for each part of the record
    settings: Settings,
    names: HubNames | None,
    run: RunRecord,
    *,
    status: str,
    started: datetime,
    notes: Sequence[Note] = (),
    error: BaseException | None = None,
) -> dict[str, Any]:
    """Return the record of a run.

    Args:
        settings: of the run; secrets are masked.
        names: names and addresses of the hub; None in a run that ended before they were known.
        run: how each step went so far.
        status: done, failed or interrupted.
        started: when the run started, UTC.
        notes: what the reader still has to know or do.
        error: the error that ended the run.

    """
    return {
        "schema": SCHEMA,
        "deployer": version("binderhub-deployer"),
        "status": status,
        "started": started.isoformat(timespec="seconds"),
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
        "hub": _describe_hub(settings, names),
        "notes": [asdict(note) for note in notes],
        "steps": [asdict(step) for step in run.steps.values()],
        "settings": settings.public(),
        "error": None if error is None else describe_error(error),
    }


def _describe_hub(settings: Settings, names: HubNames | None) -> dict[str, Any]:
    known = {
        "name": settings.binderhub_name,
        "subscription": settings.azure_subscription,
        "resource_group": settings.resource_group_name,
        "location": settings.resource_group_location,
        "chart_version": settings.binderhub_version,
        "open": is_open(settings),
        "visitors": who_may_use(settings),
    }
    if names is None:
        return known
    return {
        **known,
        "binder_url": names.binder_url,
        "hub_url": names.hub_url,
        "cluster": names.cluster,
        "release": names.release,
        "namespace": names.namespace,
        # The records that a custom domain needs, whoever creates them.
        "dns_records": [{"name": host, "cname": target} for host, target in names.cnames.items()],
    }


def cleaned(record: dict[str, Any], clean: Callable[[str], str]) -> dict[str, Any]:
    """Return a record with `clean` applied to every text that may quote someone, and to no other.

    Names, addresses and states are written by the deployer itself, and programs rely on them.
    """
    return {
        **record,
        "notes": [{**note, "message": clean(note["message"])} for note in record["notes"]],
        "steps": [{**step, "message": clean(step["message"])} for step in record["steps"]],
        "settings": _cleaned_texts(record["settings"], clean),
        "error": record["error"] and _cleaned_error(record["error"], clean),
    }


def _cleaned_error(error: dict[str, Any], clean: Callable[[str], str]) -> dict[str, Any]:
    problems = {"problems": _cleaned_texts(error["problems"], clean)} if "problems" in error else {}
    texts = {name: error.get(name) and clean(error[name]) for name in ("message", "cause", "suggestion")}
    return {**error, **{name: text for name, text in texts.items() if name in error}, **problems}


def _cleaned_texts(value: Any, clean: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {key: _cleaned_texts(item, clean) for key, item in value.items()}
    if isinstance(value, list):
        return [_cleaned_texts(item, clean) for item in value]
    return value
