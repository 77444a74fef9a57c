"""How a command ends."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of every command."""

    OK = 0
    ERROR = 1  # what was asked for cannot be done; stderr says why
    USAGE = 2  # the command line itself is wrong
    INTERRUPTED = 130  # Ctrl-C, as shells count it: 128 + SIGINT
    BROKEN_PIPE = 141  # whoever read stdout is gone, such as `head`: 128 + SIGPIPE
