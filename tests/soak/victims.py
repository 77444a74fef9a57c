"""Processes that may be killed: one imports mmsql once and forks for each action."""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parent.parent
HANG = 10.0  # seconds of CPU after which an action that nobody kills counts as hanging
WAITING = 6  # so many times as many seconds may pass on a busy machine
CAPABILITIES = 0x20080522  # version 3 of the structures of capset
OVERRIDES = 0b110  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH: what lets root pass by permissions


class Victims(AbstractContextManager["Victims"]):
    """A process that runs actions in children of its own, and kills them when asked.

    Parameters
    ----------
    hang : float
        Seconds of CPU after which an action that should end is taken for hanging.
    """

    def __init__(self, hang: float = HANG) -> None:
        self.hang = hang
        self.process = subprocess.Popen(
            [sys.executable, "-c", "from soak.victims import serve; serve()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=TESTS,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep),
                "OMP_NUM_THREADS": "1",
            },
        )

    def begin(self, action: str, *, kill_after: float | None = None, **asked: object) -> None:
        """Start an action; with ``kill_after``, it gets SIGKILL after so many seconds."""
        limits = {"wall_limit": kill_after or self.hang * WAITING, "cpu_limit": None if kill_after else self.hang}
        request = {"action": action, **limits, **asked}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()

    def end(self) -> dict[str, Any]:
        """Return what became of the action: killed, seconds, and error or result."""
        line = self.process.stdout.readline()
        assert line, f"the process of the soak has ended with {self.process.wait()}"
        return json.loads(line)

    def run(self, action: str, *, kill_after: float | None = None, **asked: object) -> dict[str, Any]:
        """Start an action and wait for its end."""
        self.begin(action, kill_after=kill_after, **asked)
        return self.end()

    def __exit__(self, *_: object) -> None:
        self.process.stdin.close()
        self.process.wait(timeout=30)
        self.process.stdout.close()


def serve() -> None:
    """Read requests from stdin, one a line, and answer each with a line on stdout."""
    import mmsql.cli.app  # what every action needs is imported before the forks
    import mmsql.jobs.evaluation
    import mmsql.jobs.publishing
    import mmsql.jobs.refreshing
    import mmsql.jobs.tuning
    import mmsql.loading.single_file  # noqa: F401

    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
    for line in sys.stdin:
        asked = json.loads(line)
        reading, writing = os.pipe()
        begun = time.monotonic()
        child = os.fork()
        if not child:
            os.close(reading)
            _act(asked, writing)
        os.close(writing)
        print(json.dumps(_outcome(child, reading, begun, asked["wall_limit"], asked["cpu_limit"])), flush=True)


def _outcome(child: int, reading: int, begun: float, seconds: float, cpu: float | None) -> dict[str, Any]:
    """Wait for a child, and kill it at its limits. It writes less than a pipe holds."""
    killed = False
    while not (ended := os.waitpid(child, os.WNOHANG))[0]:
        left = begun + seconds - time.monotonic()
        if left <= 0 or (cpu is not None and _cpu_seconds(child) > cpu):
            os.kill(child, signal.SIGKILL)
            killed = os.WIFSIGNALED((ended := os.waitpid(child, 0))[1])
            break
        signal.sigtimedwait([signal.SIGCHLD], left if cpu is None else min(left, 1.0))
    with os.fdopen(reading) as answers:
        said = answers.read()
    outcome = json.loads(said) if said and not killed else {}
    if not killed and not said:
        outcome = {"bare": f"the process died with status {ended[1]}"}
    return {"killed": killed, "seconds": time.monotonic() - begun, **outcome}


def _cpu_seconds(process: int) -> float:
    """Return the CPU time of a process so far; 0 where the system does not tell."""
    try:
        fields = (
            Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        )
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _act(asked: dict[str, Any], writing: int) -> None:
    """Do an action in this process, write how it ended, and end the process."""
    from mmsql.cli.error_messages import exit_code_of, message_of
    from soak.actions import ACTIONS

    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    outcome: dict[str, Any] = {}
    try:
        if asked.get("as_a_user"):
            give_up_overrides()
        if asked.get("largest_file"):
            resource.setrlimit(resource.RLIMIT_FSIZE, (asked["largest_file"],) * 2)
        outcome["result"] = ACTIONS[asked["action"]](asked)
    except BaseException as error:
        outcome["error" if exit_code_of(error) == 1 else "bare"] = f"{type(error).__name__}: {message_of(error)}"
        if "bare" in outcome:
            import traceback

            outcome["bare"] += "\n" + "".join(traceback.format_exception(error)[-3:])
    os.write(writing, json.dumps(outcome)[:60_000].encode())
    os._exit(0)


def give_up_overrides() -> None:
    """Let permissions of files hold for this process also where it runs as root."""
    if os.geteuid():
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(CAPABILITIES, 0)
    data = (ctypes.c_uint32 * 6)()
    assert libc.capget(header, data) == 0
    data[0] &= ~OVERRIDES
    assert libc.capset(header, data) == 0, os.strerror(ctypes.get_errno())
