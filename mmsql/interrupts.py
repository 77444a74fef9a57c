"""Ctrl-C stops a running job, whatever thread it runs in.

DuckDB calls a function such as the one behind ``CALL train()`` from a thread of its own. Python delivers SIGINT to
the main thread, and there DuckDB abandons the query while the function runs on. So :func:`install` puts a handler
before the one there is: it tells the running jobs to stop, interrupts their statements, and waits until they have
stopped. Their query then fails with the message that they were interrupted.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb

PATIENCE = 10.0  # seconds to wait for jobs to stop before the next handler runs
PAUSE = 0.02  # seconds between two interrupts of a job: one that arrives between two statements has no effect

STOPPED = "stopped by Ctrl-C; the deployed model is unchanged"
DUCKDB_INTERRUPTED = "Query interrupted"  # of a statement in the main thread
DUCKDB_STOPPED = f"KeyboardInterrupt: {STOPPED}"  # in the error of a statement that waited for a job

_running: dict[int, _Job] = {}  # by the thread that a job runs in
_lock = threading.Lock()


class _Job:
    """A job: the connection it writes with, and whether it is to stop."""

    def __init__(self) -> None:
        self.con: duckdb.DuckDBPyConnection | None = None
        self.stop, self.ended = threading.Event(), threading.Event()
        self.statements = threading.RLock()  # held while a statement must not be interrupted


@contextmanager
def interruptible(con: duckdb.DuckDBPyConnection | None = None) -> Iterator[None]:
    """Let Ctrl-C stop a block.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection, optional
        The connection whose statements are interrupted. A function that DuckDB calls has none yet: the job inside it
        names it.

    Raises
    ------
    KeyboardInterrupt
        Where the block was told to stop, whatever error the interruption caused in it.
    """
    thread = threading.get_ident()
    job = _running.get(thread)
    if job is not None:
        with _statements_of(job, con):
            yield
        return
    job = _Job()
    with _lock:
        _running[thread] = job
    try:
        with _statements_of(job, con):
            yield
    except BaseException as error:
        if is_interrupt(error):
            raise KeyboardInterrupt(STOPPED) from error
        raise
    finally:
        with _lock:
            del _running[thread]
        job.ended.set()


@contextmanager
def _statements_of(job: _Job, con: duckdb.DuckDBPyConnection | None) -> Iterator[None]:
    """Interrupt the statements of a connection within a block: it may be closed afterwards."""
    before = job.con
    with job.statements:
        job.con = con or before
    try:
        yield
    finally:
        with job.statements:
            job.con = before


def check() -> None:
    """Raise KeyboardInterrupt if the job that runs in this thread is to stop. Loops call it once a step."""
    job = _running.get(threading.get_ident())
    if job is not None and job.stop.is_set():
        raise KeyboardInterrupt(STOPPED)


@contextmanager
def shielded() -> Iterator[None]:
    """Keep interrupts away from the statements of a block: those that undo a transaction or record the failure."""
    job = _running.get(threading.get_ident())
    if job is None:
        yield
        return
    with job.statements:
        yield


def is_interrupt(error: BaseException | None) -> bool:
    """Return whether an error comes from Ctrl-C, which DuckDB turns into errors of its own.

    It does if the job that runs in this thread was told to stop, whatever the error is.
    """
    job = _running.get(threading.get_ident())
    if job is not None and job.stop.is_set():
        return True
    duckdb = sys.modules.get("duckdb")  # an error of DuckDB needs the module loaded
    while error is not None:
        if isinstance(error, KeyboardInterrupt) or (duckdb and isinstance(error, duckdb.InterruptException)):
            return True
        if (type(error) is RuntimeError and str(error) == DUCKDB_INTERRUPTED) or DUCKDB_STOPPED in str(error):
            return True
        error = error.__cause__
    return False


def stop_others() -> bool:
    """Stop the jobs of other threads, and wait until they have stopped, for ``PATIENCE`` seconds at most.

    Returns
    -------
    bool
        Whether every one has stopped; False where there was none, or where all had been told to stop before.
    """
    with _lock:
        jobs = [job for thread, job in _running.items() if thread != threading.get_ident() and not job.stop.is_set()]
    if not jobs:
        return False
    for job in jobs:
        job.stop.set()
    waits = round(PATIENCE / PAUSE)
    while jobs and waits:
        for job in jobs:
            _interrupt(job)
        jobs = [job for job in jobs if not job.ended.wait(PAUSE)]
        waits -= 1
    return not jobs


def _interrupt(job: _Job) -> None:
    """Interrupt the statement that a job runs, unless it must not be."""
    if not job.statements.acquire(blocking=False):
        return
    try:
        if job.con is not None:
            job.con.interrupt()
    finally:
        job.statements.release()


def install() -> None:
    """Put the handler before the one of SIGINT, once a process; only the main thread can, and others leave it."""
    if threading.current_thread() is not threading.main_thread():
        return
    known = signal.getsignal(signal.SIGINT)
    if callable(known) and not isinstance(known, _Handler):
        signal.signal(signal.SIGINT, _Handler(known))


class _Handler:
    """Stops the jobs of other threads; where there is none to stop, does what the handler before it does.

    A query whose job was stopped fails by itself. If the handler raised KeyboardInterrupt, DuckDB would abandon the
    query while a thread of its own still ends it, and closing the connection then hangs or crashes.
    """

    def __init__(self, following: Callable[[int, FrameType | None], Any]) -> None:
        self.following = following

    def __call__(self, number: int, frame: FrameType | None) -> Any:
        return None if stop_others() else self.following(number, frame)
