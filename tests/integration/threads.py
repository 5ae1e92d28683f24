# SPDX-License-Identifier: MIT
"""One thread of a running program stands still, and the others go on: what no signal does, a tracer can."""

import contextlib
import ctypes
import os
import pathlib

PTRACE_DETACH, PTRACE_SEIZE, PTRACE_INTERRUPT = 17, 0x4206, 0x4207
WALL = 0x40000000  # __WALL: threads that are no children too

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.restype = ctypes.c_long
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


def _ptrace(request, thread):
    if _libc.ptrace(request, thread, None, None) < 0:
        raise OSError(ctypes.get_errno(), f"ptrace({request:#x})")


def thread_of(process, name):
    """The number of the thread with that name, or of the main thread, whose name is the program's."""
    if name == "main":
        return process.pid
    for entry in pathlib.Path(f"/proc/{process.pid}/task").iterdir():
        if (entry / "comm").read_text().strip() == name:
            return int(entry.name)
    raise AssertionError(f"there is no thread {name}")


@contextlib.contextmanager
def standstill(process, name):
    """The thread runs no more until the end of the block."""
    thread = thread_of(process, name)
    _ptrace(PTRACE_SEIZE, thread)
    try:
        _ptrace(PTRACE_INTERRUPT, thread)
        os.waitpid(thread, WALL)
        yield
    finally:
        # Unless the process was ended meanwhile.
        with contextlib.suppress(ProcessLookupError):
            _ptrace(PTRACE_DETACH, thread)
