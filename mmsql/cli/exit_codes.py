"""Exit codes of the command line."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of every command."""

    OK = 0
    ERROR = 1  # the command is not possible; stderr has the reason
    USAGE = 2  # the command line is wrong
    INTERRUPTED = 130  # Ctrl-C, as shells report it: 128 + SIGINT
    BROKEN_PIPE = 141  # the reader of stdout is gone, such as `head`: 128 + SIGPIPE
