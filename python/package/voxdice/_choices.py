"""What people write as the compiled part takes it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Union

from ._voxdice import Error

Labels = Union[None, int, str, Iterable[int]]
Regions = Union[None, Mapping[str, Iterable[int]], Iterable[Iterable[int]]]
Metrics = Union[None, str, Iterable[str]]


def whole(label: Any, what: str) -> int:
    try:
        number = int(label)
        if number == label and not isinstance(label, bool):
            return number
    except (TypeError, ValueError, OverflowError):
        pass
    raise Error(f"{what} are whole numbers, and {label!r} is none; write a list such as [1, 2, 5]")


def labels(given: Labels, least: int = 0) -> list[int] | None:
    """``[1, 2]``, ``range(1, 4)``, one label, or ``"1,2,5-9"`` as on the command line."""
    if given is None:
        return None
    if isinstance(given, str):
        found: list[int] = []
        for part in given.split(","):
            first, dash, last = part.strip().partition("-")
            if not first.isdecimal() or (dash and not last.strip().isdecimal()):
                raise Error(f"`{part}` is not a label; write a list such as 1,2,5-9")
            found.extend(range(int(first), int(last or first) + 1))
        return sorted(set(found))
    listed = [given] if not isinstance(given, Iterable) else given
    found = [whole(label, "labels") for label in listed]
    if any(not least <= label < 2**32 for label in found):
        raise Error(f"labels are whole numbers from {least} to 4294967295; correct {found}")
    return found


def regions(given: Regions) -> list[tuple[str | None, list[int]]]:
    """``{"WT": [1, 2, 3]}``, or unions without names."""
    if given is None:
        return []
    pairs: Iterable[tuple[str | None, Any]] = given.items() if isinstance(given, Mapping) else [(None, u) for u in given]
    return [(name, labels(union) or []) for name, union in pairs]


def ignore(given: Labels) -> str:
    """One label or several, negative ones too; an empty text for none."""
    if given is None:
        return ""
    if isinstance(given, str):
        return given
    return ",".join(str(label) for label in labels(given, least=-(2**31)) or [])


def metrics(given: Metrics) -> str | None:
    return given if given is None or isinstance(given, str) else ",".join(given)


def text_of(path: Any) -> str:
    """A text file. What cannot be read is an error of voxdice."""
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Error(f"{path}: cannot be read: {error}; check the name") from error


def dataset(given: Any) -> tuple[str, str] | None:
    """The text of a dataset.json, from a path or as a dict."""
    if given is None:
        return None
    if isinstance(given, (str, os.PathLike)):
        return text_of(given), os.fspath(given)
    return json.dumps(given), "dataset"


def named(given: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    return [(name, str(choice)) for name, choice in (given or {}).items() if choice is not None]


def spacing_x_first(given: Sequence[float] | None) -> list[float] | None:
    """Three lengths, x first. Two are those of an image."""
    if given is None:
        return None
    lengths = [float(length) for length in given]
    if not 2 <= len(lengths) <= 3 or not all(0 < length < float("inf") for length in lengths):
        raise Error(f"spacing is {tuple(given)}, and must be a length above 0 in mm for each of 2 or 3 axes")
    return lengths + [1.0] * (3 - len(lengths))
