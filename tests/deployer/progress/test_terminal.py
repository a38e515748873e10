"""The terminal shows the plan, what each step is at, the warnings, and how it ended."""

from __future__ import annotations

import io
import re
from time import sleep

import pytest
from rich.console import Console

from deployer.progress.events import Event, EventKind
from deployer.progress.terminal import REFRESHES_PER_SECOND, TerminalSink

STEPS = ("registry", "cluster", "binderhub")
GOOD_RUN = (
    Event(EventKind.RUN_STARTED, "Deploying the BinderHub demo"),
    Event(EventKind.STEP_STARTED, "Makes sure of the registry", step="registry"),
    Event(EventKind.STEP_STARTED, "Makes sure of the cluster", step="cluster"),
    Event(EventKind.STEP_PROGRESS, "Creating [dim]", step="cluster"),
    Event(EventKind.WARNING, "The quota could not be read", step="cluster"),
    Event(EventKind.STEP_DONE, "Made the registry", step="registry", seconds=18.0),
    Event(EventKind.STEP_DONE, "Made the cluster", step="cluster", seconds=228.0),
    Event(EventKind.STEP_DONE, "Installed", step="binderhub", seconds=1.5),
    Event(EventKind.RUN_DONE, "http://demo.example", seconds=250.0),
)
FAILED_RUN = (
    *GOOD_RUN[:4],
    Event(EventKind.STEP_FAILED, "QuotaExceeded: " + "too many cores " * 10, step="cluster", seconds=75.0),
    Event(EventKind.STEP_SKIPPED, "not started", step="binderhub"),
    Event(EventKind.RUN_FAILED, "The cluster could not be created", seconds=80.0),
)


def shown(
    events: tuple[Event, ...], *, terminal: bool = True, width: int = 80, encoding: str = "utf-8"
) -> str:
    """Run the events through a sink and return what the screen holds at the end, without colours."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, write_through=True)
    console = Console(file=stream, force_terminal=terminal, width=width, height=24, legacy_windows=False)
    sink = TerminalSink(STEPS, console)
    for event in events:
        sink.receive(event)
    sink.close()
    text = raw.getvalue().decode(encoding)
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text.rpartition("\x1b[2K")[2])


@pytest.fixture(autouse=True)
def _an_able_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines()]


def test_each_step_stands_with_its_time_and_result() -> None:
    assert "✓ cluster   3 min 48 s Made the cluster" in lines(shown(GOOD_RUN))


def test_a_step_that_runs_is_shown_where_the_terminal_has_fewer_lines_than_the_plan_steps() -> None:
    stream = io.StringIO()
    sink = TerminalSink(
        [f"step-{n}" for n in range(1, 10)], Console(file=stream, force_terminal=True, width=40, height=5)
    )
    sink.receive(GOOD_RUN[0])
    for n in range(1, 8):
        sink.receive(Event(EventKind.STEP_DONE, "made", step=f"step-{n}", seconds=1.0))
    sink.receive(Event(EventKind.STEP_STARTED, "Wait for the certificate", step="step-8"))
    sleep(4 / REFRESHES_PER_SECOND)
    while_it_runs = stream.getvalue()
    sink.receive(GOOD_RUN[-1])
    sink.close()
    assert "Wait for the certificate"[:15] in while_it_runs
    at_the_end = stream.getvalue().removeprefix(while_it_runs)
    assert all(f"step-{n}" in at_the_end for n in range(1, 10))


def test_a_warning_stays_below_the_list() -> None:
    text = shown(GOOD_RUN)
    assert text.index("! cluster: The quota could not be read") > text.index("binderhub")


def test_the_summary_counts_and_gives_the_last_word() -> None:
    assert lines(shown(GOOD_RUN))[-2:] == ["Done in 4 min 10 s  3 done, 1 warning", "http://demo.example"]


def test_the_whole_failure_is_shown_however_narrow_the_terminal() -> None:
    assert " ".join(shown(FAILED_RUN, width=50).split()).count("too many") == 10


def test_the_summary_of_a_failure_says_what_was_not_done() -> None:
    assert "Failed after 1 min 20 s  1 failed, 2 not done" in lines(shown(FAILED_RUN))


def test_markup_in_a_message_is_shown_as_it_is() -> None:
    assert "Creating [dim]" in shown((*GOOD_RUN[:4], Event(EventKind.RUN_INTERRUPTED, "Ctrl-C")))


@pytest.mark.parametrize("width", [30, 40, 80, 200])
def test_no_line_of_the_list_is_wider_than_the_terminal(width: int) -> None:
    assert max(len(line) for line in shown(GOOD_RUN[:-1], width=width).splitlines()) <= width


def test_a_step_that_the_plan_did_not_name_is_shown_too() -> None:
    assert "surprise" in shown((*GOOD_RUN[:1], Event(EventKind.STEP_STARTED, "hello", step="surprise")))


def test_a_terminal_with_ascii_only_gets_ascii() -> None:
    assert "+ registry" in shown(GOOD_RUN, encoding="ascii")


def test_without_a_terminal_each_event_is_a_line_and_nothing_is_control() -> None:
    text = shown(GOOD_RUN, terminal=False)
    assert len(text.splitlines()) == len(GOOD_RUN) + 1
    assert not re.search(r"[\x00-\x09\x0b-\x1f]", text)


def test_a_terminal_that_can_only_append_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert len(shown(GOOD_RUN).splitlines()) == len(GOOD_RUN) + 1


@pytest.mark.parametrize("terminal", [True, False])
def test_a_terminal_that_went_away_does_not_end_the_run(*, terminal: bool) -> None:
    stream = io.StringIO()
    sink = TerminalSink(STEPS, Console(file=stream, force_terminal=terminal, width=80))
    stream.close()
    for event in GOOD_RUN:
        sink.receive(event)
    sink.close()


def test_notes_stay_below_the_steps_and_are_counted() -> None:
    note = Event(EventKind.NOTE, "There is no certificate yet", step="binderhub")
    text = shown((*GOOD_RUN[:-1], note, GOOD_RUN[-1]))
    assert "> There is no certificate yet" in lines(text)
    assert "1 note" in text
