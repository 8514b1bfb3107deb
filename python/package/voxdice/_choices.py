"""What people write as the compiled part takes it."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import operator
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Union

import numpy as np

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


def count(given: Any, what: str, least: int, most: int) -> int:
    """A whole number between two others, these too."""
    try:
        number = least - 1 if isinstance(given, bool) else operator.index(given)
    except TypeError:
        number = least - 1
    if not least <= number <= most:
        raise Error(f"{what} is {given!r}, and must be a whole number from {least} to {most}")
    return number


def count_or_none(given: Any, what: str, least: int, most: int) -> int | None:
    return None if given is None else count(given, what, least, most)


def flag(given: Any, what: str) -> bool:
    if not isinstance(given, (bool, np.bool_)):
        raise Error(f"{what} is {given!r}, and must be True or False")
    return bool(given)


def kept(given: Any) -> Any:
    """The same with lists in place of iterators, which can be read but once."""
    if isinstance(given, Mapping):
        return {name: kept(value) for name, value in given.items()}
    return [kept(value) for value in given] if isinstance(given, (Iterator, list, tuple)) else given


def labels(given: Labels, least: int = 0) -> list[int] | None:
    """``[1, 2]``, ``range(1, 4)``, one label, or ``"1,2,5-9"`` as on the command line."""
    if given is None:
        return None
    if isinstance(given, str):
        return _voxdice.labels(given)
    if isinstance(given, (bytes, bytearray, Mapping)):
        raise Error(f"labels are whole numbers, and this is {type(given).__name__}; write a list such as [1, 2, 5]")
    try:
        listed = list(given)  # type: ignore[arg-type]
    except TypeError:
        listed = [given]  # one label, also as an array without axes
    found = [whole(label, "labels") for label in listed]
    if any(not least <= label < 2**32 for label in found):
        raise Error(f"labels are whole numbers from {least} to 4294967295; correct {found}")
    return found


def regions(given: Regions) -> list[tuple[str | None, list[int]]]:
    """``{"WT": [1, 2, 3]}``, or unions without names."""
    if given is None:
        return []
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        raise Error(f'regions are {given!r}, and must be unions of labels with their names; write such as {{"all": [1, 2]}}')
    if not isinstance(given, Mapping):
        return [(None, labels(union) or []) for union in given]
    wrong = [name for name in given if not isinstance(name, str) or not name]
    if wrong:
        raise Error(f'a region is called {wrong[0]!r}, and must have a text for a name; write such as {{"all": [1, 2]}}')
    return [(name, labels(union) or []) for name, union in given.items()]


def ignore(given: Labels) -> str:
    """One label or several, negative ones too; an empty text for none."""
    if given is None:
        return ""
    found = _voxdice.ignored(given) if isinstance(given, str) else labels(given, least=-(2**31))
    # Sorted and each once, so that one choice has one form.
    return ",".join(map(str, sorted(set(found or []))))


def metrics(given: Metrics) -> str | None:
    return given if given is None or isinstance(given, str) else ",".join(names(given, "metrics"))


def dataset(given: Any) -> tuple[str, str] | None:
    """The text of a dataset.json, from a path or as a dict."""
    if given is None:
        return None
    if isinstance(given, (str, os.PathLike)):
        return text_of(given), os.fspath(given)
    try:
        return json.dumps(given), "dataset"
    except (TypeError, ValueError) as error:
        raise Error(f"dataset is no dataset.json: {error}; give its path, or what json.load made of it") from error


def colors(given: Any) -> tuple[str, str | None] | None:
    """A table of colours: what it is called, and its CSV, which a list such as ``"804080=1"`` is without."""
    if given is None:
        return None
    if isinstance(given, Mapping):
        text = io.StringIO()
        csv.writer(text).writerows([name, *_rgb(name, colour)] for name, colour in given.items())
        return "colors", text.getvalue()
    if not isinstance(given, (str, os.PathLike)):
        raise Error(f'colors is {given!r}, and must be the path of a CSV, a dict such as {{"road": (128, 64, 128)}}, or "804080=1"')
    if isinstance(given, str) and "=" in given and not os.path.exists(given):
        return given, None
    return os.fspath(given), text_of(given)


def _rgb(name: Any, given: Any) -> list[int]:
    parts = numbers(given)
    if not isinstance(name, str) or not name or parts is None or len(parts) != 3 or any(part not in range(256) for part in parts):
        raise Error(f"colors has {given!r} for {name!r}, and must have red, green and blue for a name, each from 0 to 255")
    return [int(part) for part in parts]


def named(given: Mapping[str, Any] | None, what: str) -> list[tuple[str, str]]:
    if given is None:
        return []
    if not isinstance(given, Mapping) or not all(isinstance(name, str) for name in given):
        raise Error(f"{what} is {given!r}, and must be a dict from names of choices to choices")
    return [(name, str(choice)) for name, choice in given.items() if choice is not None]


def numbers(given: Any) -> list[float] | None:
    """Plain numbers; None for whatever is none of them. Texts are no lists of digits."""
    if isinstance(given, (str, bytes, Mapping, set, frozenset)):
        return None
    try:
        found = list(given)
        return None if any(isinstance(number, (str, bytes)) for number in found) else [float(number) for number in found]
    except (TypeError, ValueError, OverflowError):
        return None


def spacing(given: Sequence[float] | None, axes: int | None = None) -> list[float] | None:
    """The size of a voxel: of arrays along each axis, in their order; of files three lengths, x first, or two of pictures."""
    if given is None:
        return None
    lengths = numbers(given)
    fitting = (2, 3) if axes is None else (axes,)
    if lengths is not None and len(lengths) in fitting and all(0 < length < float("inf") for length in lengths):
        return lengths
    told = given if lengths is None else tuple(lengths)
    wanted = "three lengths above 0 in mm for files (x, y, z), or two for pictures"
    if axes is not None:
        wanted = f"{axes} lengths above 0 in mm: one for each axis of a volume, in their order"
    raise Error(f"spacing is {told!r}, and must be {wanted}")


def names(given: str | Iterable[str] | None, what: str) -> list[str]:
    """Names of scores or classes. A text is one list, and not its letters."""
    if given is None:
        return []
    if not isinstance(given, Iterable):
        raise Error(f"{what} are names, and {given!r} is none; write a list of texts")
    found = [name.strip() for name in given.split(",")] if isinstance(given, str) else list(given)
    if not all(isinstance(name, str) for name in found):
        raise Error(f"{what} are names, and {found!r} holds others; write texts")
    return found


def digits(given: int | None) -> int | None:
    """Digits behind the point of a table."""
    return count_or_none(given, "digits", 0, 15)


def finite(given: float | None, what: str) -> float | None:
    """A number that is finite."""
    if given is None:
        return None
    found = numbers([given])
    if found is None or not math.isfinite(found[0]):
        raise Error(f"{what} is {given!r}, and must be a number")
    return found[0]


def share(given: float | None, what: str, low: float, high: float) -> float | None:
    """A number between two others, without the first one."""
    if given is None:
        return None
    found = numbers([given])
    if found is None or not low < found[0] <= high:
        raise Error(f"{what} is {given!r}, and must be a number above {low:g} and at most {high:g}")
    return found[0]


def measured(metrics_: Metrics, surface: str | None, surface_choices: Mapping[str, Any] | None, instances: str | None,
             lesion_choices: Mapping[str, Any] | None, many_to_one: bool, size_classes: Sequence[float]) -> dict[str, Any]:
    """Choices about what is measured besides counts."""
    by = {"by": instances} if instances else {}
    bounds = numbers(size_classes)
    if bounds is None:
        raise Error(f"size_classes is {size_classes!r}, and must be a list of sizes in mm³, such as [10, 100]")
    return {
        "metrics": metrics(metrics_),
        "surface": surface,
        "surface_choices": named(surface_choices, "surface_choices"),
        "lesion_choices": named(by, "instances") + named(lesion_choices, "lesion_choices"),
        "many_to_one": flag(many_to_one, "many_to_one"),
        "size_classes": bounds,
    }


#: Choices of one word.
_WORDS = ("geometry", "surface", "metrics", "empty", "like", "pool", "missing", "shard", "cases", "pair_regex")
#: Choices that are whole numbers, with what they are called, and the least and the most of them.
_WHOLE = (("jobs", "threads", 1, 2**32 - 1), ("resamples", "resamples", 0, 2**32 - 1), ("seed", "seed", 0, 2**64 - 1))


def words(given: Mapping[str, Any], names_: Iterable[str], needed: bool = False) -> None:
    """Refuses what is no text, and where it is needed None."""
    for name in names_:
        if not isinstance(given.get(name), str) and (needed or given.get(name) is not None):
            raise Error(f"{name} is {given[name]!r}, and must be a text")


def chosen(**given: Any) -> dict[str, Any]:
    """Every choice that the compiled part reads."""
    words(given, _WORDS)
    given.update({name: count_or_none(given.get(name), what, low, high) for name, what, low, high in _WHOLE})
    none: dict[str, Any] = dict.fromkeys(
        ("labels", "dataset", "colors", "ignore", "round", "threshold", "geometry", "spacing", "surface", "metrics", "empty", "like",
         "pool", "resamples", "seed", "missing", "shard", "cases", "case_list", "pairs", "pair_regex", "jobs")
    )
    none.update(regions=[], surface_choices=[], lesion_choices=[], many_to_one=False, size_classes=[], stack=False)
    unknown = set(given) - set(none)
    assert not unknown, unknown
    return {**none, **given}
