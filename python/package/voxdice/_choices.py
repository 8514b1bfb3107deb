"""What people write as the compiled part takes it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Union

from . import _voxdice
from ._files import text_of
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
        return _voxdice.labels(given)
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
    found = _voxdice.ignored(given) if isinstance(given, str) else labels(given, least=-(2**31))
    # Sorted and each once, so that one choice has one form.
    return ",".join(map(str, sorted(set(found or []))))


def metrics(given: Metrics) -> str | None:
    return given if given is None or isinstance(given, str) else ",".join(given)


def dataset(given: Any) -> tuple[str, str] | None:
    """The text of a dataset.json, from a path or as a dict."""
    if given is None:
        return None
    if isinstance(given, (str, os.PathLike)):
        return text_of(given), os.fspath(given)
    return json.dumps(given), "dataset"


def named(given: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    return [(name, str(choice)) for name, choice in (given or {}).items() if choice is not None]


def spacing(given: Sequence[float] | None) -> list[float] | None:
    """The size of a voxel of files: three lengths, x first."""
    if given is None:
        return None
    lengths = [float(length) for length in given]
    if len(lengths) != 3 or not all(0 < length < float("inf") for length in lengths):
        raise Error(f"spacing is {tuple(given)}, and must be three lengths above 0 in mm for files: x, y, z")
    return lengths


def names(given: str | Iterable[str] | None, what: str) -> list[str]:
    """Names of scores or classes. A text is one list, and not its letters."""
    if given is None:
        return []
    found = [name.strip() for name in given.split(",")] if isinstance(given, str) else list(given)
    if not all(isinstance(name, str) for name in found):
        raise Error(f"{what} are names, and {found!r} holds others; write texts")
    return found


def digits(given: int | None) -> int | None:
    """Digits behind the point of a table."""
    if given is not None and (isinstance(given, bool) or not 0 <= given <= 15):
        raise Error(f"digits is {given}, and must be a number from 0 to 15")
    return given


def finite(given: float | None, what: str) -> float | None:
    """A number that a float32 can hold."""
    if given is not None and not abs(given) < 3.4e38:
        raise Error(f"{what} is {given}, and must be a number")
    return given


def share(given: float | None, what: str, low: float, high: float) -> float | None:
    """A number between two others, without the first one."""
    if given is not None and not low < given <= high:
        raise Error(f"{what} is {given}, and must be above {low:g} and at most {high:g}")
    return given


def measured(metrics_: Metrics, surface: str | None, surface_choices: Mapping[str, Any] | None, instances: str | None,
             lesion_choices: Mapping[str, Any] | None, many_to_one: bool, size_classes: Sequence[float]) -> dict[str, Any]:
    """Choices about what is measured besides counts."""
    lesions = {**({"by": instances} if instances else {}), **(lesion_choices or {})}
    return {
        "metrics": metrics(metrics_),
        "surface": surface,
        "surface_choices": named(surface_choices),
        "lesion_choices": named(lesions),
        "many_to_one": many_to_one,
        "size_classes": [float(bound) for bound in size_classes],
    }


def chosen(**given: Any) -> dict[str, Any]:
    """Every choice that the compiled part reads."""
    none: dict[str, Any] = dict.fromkeys(
        ("labels", "dataset", "ignore", "round", "threshold", "geometry", "spacing", "surface", "metrics", "empty", "like",
         "pool", "resamples", "seed", "missing", "shard", "cases", "case_list", "pairs", "pair_regex", "jobs")
    )
    none.update(regions=[], surface_choices=[], lesion_choices=[], many_to_one=False, size_classes=[], stack=False)
    unknown = set(given) - set(none)
    assert not unknown, unknown
    return {**none, **given}
