# SPDX-License-Identifier: MIT
"""Stops one thread of a running program while the others go on. No signal can do that, but a tracer can."""

import contextlib
import ctypes
import os
import pathlib
import platform
import time

from harness import TIMEOUT

PTRACE_CONT, PTRACE_DETACH, PTRACE_SEIZE, PTRACE_INTERRUPT = 7, 17, 0x4206, 0x4207
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
    end = time.monotonic() + TIMEOUT
    while time.monotonic() < end:
        for entry in pathlib.Path(f"/proc/{process.pid}/task").iterdir():
            with contextlib.suppress(OSError):  # it has ended meanwhile
                if (entry / "comm").read_text().strip() == name:
                    return int(entry.name)
        time.sleep(0.01)  # a thread is named after it began, and the sampler's name goes from one thread to another
    raise AssertionError(f"there is no thread {name}")


# The system calls with which a thread waits for something to happen: poll, epoll_wait, ppoll, epoll_pwait.
WAITS = {"x86_64": {7, 232, 271, 281}, "aarch64": {22, 73}}[platform.machine()]


def _stop(thread):
    """Stops it where it waits for an event. Anywhere else it could hold a lock that other threads need."""
    end = time.monotonic() + TIMEOUT
    while True:
        _ptrace(PTRACE_INTERRUPT, thread)
        os.waitpid(thread, WALL)
        call = pathlib.Path(f"/proc/{thread}/syscall").read_text()
        if int(call.split()[0]) in WAITS:
            return
        assert time.monotonic() < end, f"thread {thread} waits for nothing: {call}"
        _ptrace(PTRACE_CONT, thread)


def standstill(process, name):
    """Stops the thread until the end of the block."""
    return _standstill_of(thread_of(process, name))


@contextlib.contextmanager
def all_but_main_stand_still(process):
    """Stops every other thread until the end of the block."""
    threads = [int(entry.name) for entry in pathlib.Path(f"/proc/{process.pid}/task").iterdir()]
    with contextlib.ExitStack() as stack:
        for thread in threads:
            if thread != process.pid:
                stack.enter_context(_standstill_of(thread))
        yield


@contextlib.contextmanager
def _standstill_of(thread):
    _ptrace(PTRACE_SEIZE, thread)
    try:
        _stop(thread)
        yield
    finally:
        # Unless the process was ended meanwhile.
        with contextlib.suppress(ProcessLookupError):
            _ptrace(PTRACE_DETACH, thread)
