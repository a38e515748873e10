"""Runs a command in the root file system of an image, as container engines do.

`python -m sandbox.image.container --root ROOT --user UID:GID --directory / -- COMMAND`

The command is process 1 of namespaces of its own, as the image's user, with a root file system that cannot be
written, a small `/tmp`, and exactly the variables of this process. It shares the network, which leads to the
sandbox, and one file: the certificate of the sandbox's authority. Needs root.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

# Where the command finds the certificate of the authority that signs for every host of the sandbox.
AUTHORITY = "/mnt/authority.pem"
TMP_SIZE = "64m"
DEVICES = ("null", "zero", "full", "random", "urandom")

# From <sched.h>, <sys/mount.h> and <sys/prctl.h>.
NEW_NAMESPACES = 0x00020000 | 0x04000000 | 0x08000000 | 0x20000000  # mounts, host name, IPC, processes
READ_ONLY, NO_SETUID, NO_DEVICES, REMOUNT, BIND, RECURSIVE, PRIVATE = 1, 2, 4, 32, 4096, 16384, 1 << 18
DEATH_SIGNAL, NO_NEW_PRIVILEGES = 1, 38
SIGNALLED = 128
CANNOT_RUN = 126

_LIBC = ctypes.CDLL(None, use_errno=True)


def main() -> int:
    """Run the command to its end; return its exit status."""
    parser = argparse.ArgumentParser(description="Run a command in the root file system of an image.")
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--user", required=True, help="UID:GID")
    parser.add_argument("--directory", required=True, help="its working directory")
    parser.add_argument("--authority", type=Path, help=f"the certificate that it finds at {AUTHORITY}")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    variables = _given_variables()
    _check(_LIBC.unshare(NEW_NAMESPACES))
    child = os.fork()
    if child == 0:
        _become(options, variables)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _frame: os.kill(child, received))
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return SIGNALLED - code if code < 0 else code


def _become(options: argparse.Namespace, variables: dict[bytes, bytes]) -> NoReturn:
    """Turn this process into the command."""
    try:
        _prepare(options.root, options.authority)
        os.chroot(options.root)
        os.chdir(options.directory or "/")
        user, group = map(int, options.user.split(":"))
        os.setgroups([])
        os.setgid(group)
        os.setuid(user)
        _check(_LIBC.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0))
        # After the change of user, which resets it.
        _check(_LIBC.prctl(DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0))
        os.execvpe(options.command[0], options.command, variables)  # noqa: S606 - may be no shell
    except OSError as error:
        sys.stderr.write(f"The container cannot start: {error}\n")
    os._exit(CANNOT_RUN)


def _given_variables() -> dict[bytes, bytes]:
    """Return the variables that this process was started with: Python may have added one for its locale."""
    lines = Path("/proc/self/environ").read_bytes().split(b"\0")
    return {name: value for name, equals, value in (line.partition(b"=") for line in lines) if equals}


def _prepare(root: Path, authority: Path | None) -> None:
    """Mount what the command sees, in a namespace that ends with it."""
    _mount("none", Path("/"), "", RECURSIVE | PRIVATE)
    _mount(str(root), root, "", BIND)
    _mount("none", root, "", BIND | REMOUNT | READ_ONLY | NO_SETUID)
    _mount("proc", root / "proc", "proc", NO_SETUID | NO_DEVICES)
    _mount("tmpfs", root / "tmp", "tmpfs", NO_SETUID | NO_DEVICES, f"size={TMP_SIZE},mode=1777")
    _mount("tmpfs", root / "dev", "tmpfs", NO_SETUID, "mode=755")
    for name in DEVICES:
        (root / "dev" / name).touch()
        _mount(f"/dev/{name}", root / "dev" / name, "", BIND)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        (root / "dev" / name).symlink_to(f"/proc/self/fd/{number}")
    if authority is not None:
        certificate = authority.read_bytes()
        _mount("tmpfs", root / "mnt", "tmpfs", NO_SETUID | NO_DEVICES, "mode=755")
        Path(f"{root}{AUTHORITY}").write_bytes(certificate)


def _mount(source: str, target: Path, kind: str, flags: int, data: str = "") -> None:
    words = (source.encode(), bytes(target), kind.encode() or None)
    _check(_LIBC.mount(*words, ctypes.c_ulong(flags), data.encode() or None), str(target))


def _check(result: int, what: str = "unshare") -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)


if __name__ == "__main__":
    sys.exit(main())
