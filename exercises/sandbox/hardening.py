"""Gives away all that a worker's process does not need, as far as this machine lets it.

WebAssembly is the wall; this is the ditch behind it. Each protection that does not exist here is left out, and the list of
those that hold is told to the pool (`./lotse sandbox run --json`, docs/operators/sandbox.md).
"""

import ctypes
import os
import resource
import sys

try:
    import pyseccomp
except (ImportError, OSError, RuntimeError):  # macOS, or no libseccomp
    pyseccomp = None

NOBODY = 65534
_NO_NEW_PRIVILEGES, _DUMPABLE = 38, 4
# No opening, no sockets, no new processes.
CALLS = (
    "read", "write", "close", "exit", "exit_group", "rt_sigreturn", "rt_sigaction", "rt_sigprocmask", "sigaltstack", "mmap", "munmap",
    "mprotect", "mremap", "madvise", "brk", "futex", "clock_gettime", "clock_nanosleep", "nanosleep", "getrandom", "gettid", "getpid",
    "getppid", "fstat", "lseek", "restart_syscall", "membarrier", "rseq", "sched_yield", "sched_getaffinity", "set_robust_list", "poll",
)  # fmt: skip


def harden() -> list[str]:
    """Do it, and say what was done. Call when everything is loaded: afterwards no file can be opened."""
    done = ["wasm"]
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_DUMPABLE, 0, 0, 0, 0) == 0:
            done.append("not dumpable")
        if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) == 0:
            done.append("no new privileges")
    if hasattr(os, "setresuid") and os.geteuid() == 0 and _become_nobody():
        done.append("nobody")
    # What is open stays open, and what runs goes on: the limits are on what comes. Not on the address space, of which the
    # engine reserves 4 GB for each memory.
    for limit in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE, resource.RLIMIT_NPROC):
        resource.setrlimit(limit, (0, 0))
    done.append("rlimits")
    if pyseccomp is not None and _filter_calls():
        done.append("seccomp")
    return done


def _become_nobody() -> bool:
    try:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    except OSError:
        return False
    return True


def _filter_calls() -> bool:
    try:
        rules = pyseccomp.SyscallFilter(pyseccomp.ERRNO(1))
        for name in CALLS:
            try:
                rules.add_rule(pyseccomp.ALLOW, name)
            except (OSError, ValueError):  # Another kernel or architecture may not know it.
                continue
        rules.set_attr(pyseccomp.Attr.CTL_TSYNC, 1)
        rules.load()
    except (OSError, ValueError, RuntimeError):
        return False
    return True
