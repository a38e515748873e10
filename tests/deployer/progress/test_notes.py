"""Notes are kept by themselves: what they say, and which step left them."""

from __future__ import annotations

from deployer.progress.events import Event, EventKind, Progress
from deployer.progress.notes import Note, Notes
from deployer.progress.report import StepReport


def test_only_notes_are_kept_as_a_step_left_them_without_secrets() -> None:
    notes = Notes()
    progress = Progress([notes], lambda text: text.replace("secret", "***"))
    report = StepReport("certificate", progress)
    report.progress("working")
    report.warning("careful")
    report.note("the secret remains")
    progress.emit(Event(EventKind.RUN_DONE, "done"))
    assert notes.all() == (Note("certificate", "the *** remains"),)
