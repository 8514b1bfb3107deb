"""How many threads work. ``VOXDICE_THREADS``, else ``OMP_NUM_THREADS`` (as Ray and Slurm set it), else the cores."""

from __future__ import annotations

import operator
import os

from . import _voxdice
from ._voxdice import Error

__all__ = ["set_threads", "threads"]

# As voxdice::tuning has it.
_MOST = 1024


def set_threads(count: int | None) -> None:
    """Uses ``count`` threads from here on, in this process and in those forked from it; None for as many as there are cores.

    The number changes no result. Raises :class:`voxdice.Error` for numbers below 1 or above 1024.
    """
    if count is not None and (isinstance(count, bool) or not hasattr(count, "__index__") or count < 1):
        raise Error(f"{count} threads do no work; ask for a whole number from 1 on, or None for as many as there are cores")
    if count is not None and count > _MOST:
        raise Error(f"{count} threads are too many; ask for {_MOST} at most, or None for as many as there are cores")
    _voxdice.set_threads(None if count is None else operator.index(count))


def threads() -> int:
    """How many threads work."""
    return _voxdice.threads()


def _from_environment() -> None:
    own = os.environ.get("VOXDICE_THREADS", "").strip()
    if own:
        count = _number(own)
        if not 1 <= count <= _MOST:
            raise Error(f"VOXDICE_THREADS is `{own}`, and must be a number of threads from 1 to {_MOST}; correct it or unset it")
        return set_threads(count)
    # A list such as 4,2 is of nested loops, and the first is the outer one. What is no number is OpenMP's to refuse.
    others = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    set_threads(min(_number(others), _MOST) or None)


def _number(text: str) -> int:
    """A number of threads; 0 for what is none, and one above the most for what is longer than numbers of threads are."""
    if not (text.isascii() and text.isdigit()):
        return 0
    digits = text.lstrip("0")
    return int(digits or "0") if len(digits) < 9 else _MOST + 1


_from_environment()
