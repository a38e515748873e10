"""Tells of programming errors without secrets: the whole text is cleaned, because any value may be one.

An exception quotes values in more places than its arguments: in its causes and notes, in the exceptions of a
group, in the file name of an OSError, in the input that pydantic shows.
"""

from __future__ import annotations

import errno
import logging
import re
import traceback
from pathlib import Path

from deployer.errors import DeployerError
from deployer.redaction import MASK, REDACTOR

# Pydantic shortens long input in the middle, so that a secret in it would not be found.
_INPUT = re.compile(r"input_value=.*?(?=, input_type=|\]$|$)", re.MULTILINE | re.DOTALL)


def traceback_of(crash: BaseException) -> str:
    """Return the whole traceback of an error, with its causes, without secrets."""
    return without_input("".join(traceback.format_exception(crash)))


def without_input(text: str) -> str:
    """Return a text that exceptions wrote, without secrets and without the input that pydantic refused."""
    return _INPUT.sub(f"input_value={MASK}", REDACTOR.clean(text))


def words_of(error: BaseException) -> str:
    """Return what an error is in one line: its message, or kind and place of an error that nobody foresaw."""
    explained = full_disk(error) or error
    if isinstance(explained, DeployerError):
        return explained.message
    last = traceback.extract_tb(error.__traceback__)[-1:]
    return type(error).__name__ + "".join(
        f" ({Path(each.filename).name}, line {each.lineno})" for each in last
    )


def full_disk(error: BaseException) -> DeployerError | None:
    """Return the error for people where a disk, or the part of it that they may use, is full; else None."""
    if not isinstance(error, OSError) or error.errno not in (errno.ENOSPC, errno.EDQUOT):
        return None
    what = error.filename or "a file, or the result of the command"
    return DeployerError(
        f"There is no room to write {what}: {error.strerror}.",
        suggestion="Free some space, then start again: everything that exists already is kept.",
        retryable=True,
    )


class CleanFormatter(logging.Formatter):
    """Formats records of the log without secrets, tracebacks included."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the text of a record."""
        return without_input(super().format(record))
