"""What can go wrong, as exceptions that carry a sentence for the user; the command line makes exit codes of them."""

from __future__ import annotations


class LabelauditError(Exception):
    """Base of every error that the library raises on purpose; `exit_code` is what the command line ends with."""

    exit_code = 70


class UsageError(LabelauditError):
    """The call itself is wrong: an option that does not fit the others or the data's columns."""

    exit_code = 2


class InputError(LabelauditError):
    """The input is missing, unreadable or malformed; the message says file, line and cure where there are such."""

    exit_code = 3


class OutputError(LabelauditError):
    """An output could not be written; nothing half-written is left."""

    exit_code = 4


class ResourceError(LabelauditError):
    """Memory or disk would not suffice or is exhausted."""

    exit_code = 5


class ClusterError(ResourceError):
    """A cluster cannot be reached, is lost, or has workers that cannot take part; nothing was written."""


class ConvergenceError(LabelauditError):
    """A solver stopped short of its tolerance, so that there is no answer, or a fit did under `strict`."""

    exit_code = 6


class CurvatureError(LabelauditError):
    """The Hessian is singular at the l2 that was asked for; the message says which one mends it."""

    exit_code = 2
