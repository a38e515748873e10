"""Shows a run in a terminal: the steps of the plan as a list that changes in place.

Each step shows its state, its duration and its latest message. Warnings and notes stay below the list, where
they cannot scroll away. If the output is no terminal, or one that can only append, each event is a line
instead.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from deployer.progress.events import EventKind
from deployer.progress.lines import duration, event_line, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from deployer.progress.events import Event

REFRESHES_PER_SECOND = 8

# Raised by a broken terminal: the connection is gone, or the stream is closed or cannot encode a character.
TERMINAL_ERRORS = (OSError, ValueError)

_STARTED = {EventKind.STEP_STARTED, EventKind.STEP_PROGRESS}
_ENDED = {EventKind.STEP_DONE, EventKind.STEP_FAILED, EventKind.STEP_SKIPPED}
_RUN_ENDED = {
    EventKind.RUN_DONE: ("Done in", "green"),
    EventKind.RUN_FAILED: ("Failed after", "red"),
    EventKind.RUN_INTERRUPTED: ("Interrupted after", "yellow"),
}
# Mark, its replacement on an ASCII terminal, style of the mark, style of the row.
_MARKS = {
    None: ("·", ".", "dim", "dim"),
    EventKind.STEP_DONE: ("✓", "+", "green", ""),
    EventKind.STEP_FAILED: ("✗", "x", "bold red", "red"),
    EventKind.STEP_SKIPPED: ("-", "-", "dim", "dim"),
}


@dataclass
class _Row:
    """The row of one step."""

    name: str
    message: str = ""
    started: float | None = None
    seconds: float | None = None
    ended: EventKind | None = None
    spinner: Spinner | None = None

    @property
    def running(self) -> bool:
        return self.started is not None and self.ended is None

    def elapsed(self) -> str:
        if self.seconds is not None:
            return duration(self.seconds)
        return duration(monotonic() - self.started) if self.running and self.started is not None else ""


class _PatientLive(Live):
    """A live display whose refresh thread survives a terminal that has gone away."""

    def refresh(self) -> None:
        with suppress(*TERMINAL_ERRORS):
            super().refresh()


class TerminalSink:
    """A sink for people.

    Args:
        steps: names of the steps, in the order of the plan.
        console: by default standard output.

    """

    def __init__(self, steps: Sequence[str], console: Console | None = None) -> None:
        self._console = console or Console()
        self._rows = {name: _Row(name) for name in steps}
        self._warnings: list[Text] = []
        self._notes: list[Text] = []
        self._end: Event | None = None
        self._ascii = self._console.options.ascii_only
        self._in_place = self._console.is_terminal and not self._console.is_dumb_terminal
        self._live = _PatientLive(
            console=self._console,
            get_renderable=self._render,
            refresh_per_second=REFRESHES_PER_SECOND,
        )

    def receive(self, event: Event) -> None:
        """Show one event."""
        self._note(event)
        with suppress(*TERMINAL_ERRORS):
            if not self._in_place:
                self._console.print(Text(event_line(event)), soft_wrap=True)
            elif event.kind is EventKind.RUN_STARTED:
                self._console.print(Text(event.message, style="bold"))
                self._live.start()

    def close(self) -> None:
        """Show the final state, with a summary below."""
        with suppress(*TERMINAL_ERRORS):
            self._live.stop()
            if self._end is not None:
                self._console.print(self._summary(self._end), soft_wrap=True)

    def _note(self, event: Event) -> None:
        if event.kind in _RUN_ENDED:
            self._end = event
        if event.kind is EventKind.WARNING:
            where = f"{event.step}: " if event.step else ""
            self._warnings.append(Text(f"! {where}{one_line(event.message)}", style="yellow"))
        elif event.kind is EventKind.NOTE:
            self._notes.append(Text(f"> {one_line(event.message)}", style="bold yellow"))
        elif event.step is not None:
            self._note_step(self._rows.setdefault(event.step, _Row(event.step)), event)

    def _note_step(self, row: _Row, event: Event) -> None:
        row.message = one_line(event.message)
        if event.kind in _STARTED and row.started is None:
            row.started = monotonic()
            row.spinner = Spinner("line" if self._ascii else "dots", style="cyan")
        elif event.kind in _ENDED:
            row.ended, row.seconds = event.kind, event.seconds

    def _render(self) -> RenderableType:
        table = Table.grid(padding=(0, 1), expand=True)
        table.add_column(width=1)
        table.add_column(no_wrap=True, min_width=max(map(len, self._rows), default=0))
        table.add_column(no_wrap=True, justify="right")
        table.add_column(ratio=1)
        for row in self._rows_in_sight():
            self._add(table, row)
        return Group(table, *self._warnings, *self._notes)

    def _rows_in_sight(self) -> list[_Row]:
        """Return all rows; while a run goes on, those that the terminal has lines for.

        Rich shows the first lines of what is too long. Their steps have ended long ago, and the step that
        runs would be out of sight.
        """
        rows = list(self._rows.values())
        too_many = len(rows) - (self._console.height - 1)  # one line says that there is more
        if self._end is not None or too_many <= 0:
            return rows
        ended = [row.name for row in rows if row.ended in (EventKind.STEP_DONE, EventKind.STEP_SKIPPED)]
        leaving = set(ended[:too_many])
        return [row for row in rows if row.name not in leaving]

    def _add(self, table: Table, row: _Row) -> None:
        mark, ascii_mark, mark_style, style = _MARKS[row.ended]
        shown = row.spinner if row.running else None
        # Only the message of a failure may wrap; every other one stays on its line.
        whole = row.ended is EventKind.STEP_FAILED
        table.add_row(
            shown or Text(ascii_mark if self._ascii else mark, style=mark_style),
            Text(row.name, style="bold" if row.running else style),
            Text(row.elapsed(), style="dim"),
            Text(row.message, style=style, no_wrap=not whole, overflow="fold" if whole else "ellipsis"),
        )

    def _summary(self, end: Event) -> Text:
        words, style = _RUN_ENDED[end.kind]
        took = f"{words} {duration(end.seconds)}" if end.seconds is not None else words.split()[0]
        text = Text.assemble((took, f"bold {style}"), f"  {self._counts()}")
        # Where events are lines, the message has been printed already.
        if self._in_place and end.message:
            text.append(f"\n{end.message}")
        return text

    def _counts(self) -> str:
        ended = Counter(row.ended for row in self._rows.values())
        counts = {
            "done": ended[EventKind.STEP_DONE],
            "failed": ended[EventKind.STEP_FAILED],
            "not done": ended[EventKind.STEP_SKIPPED] + ended[None],
            "warning" if len(self._warnings) == 1 else "warnings": len(self._warnings),
            "note" if len(self._notes) == 1 else "notes": len(self._notes),
        }
        return ", ".join(f"{count} {what}" for what, count in counts.items() if count)
