"""Masks in runs, as COCO and Kaggle have them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from . import _choices
from ._voxdice import Error

#: Pixels of a mask at most: a text of a few bytes must not take all memory.
_MOST = 1 << 32


def from_rle(rle: Any, shape: Sequence[int] | None = None, *, label: int = 1) -> np.ndarray:
    """The mask that runs stand for: ``[height, width]``, with ``label`` inside and 0 outside.

    ``rle`` is of COCO, ``{"size": [height, width], "counts": ...}`` with the counts as a list or as the text (or bytes) of
    pycocotools, or Kaggle's text ``"start length start length ..."``, for which ``shape`` is ``(height, width)``. Both go down
    the columns, and Kaggle's first pixel is 1: rows first, or a first pixel 0, are the two usual mistakes.

    >>> from_rle("2 3", (2, 3))
    array([[0, 1, 0],
           [1, 1, 0]], dtype=uint8)
    >>> from_rle({"size": [2, 3], "counts": [1, 3, 2]})
    array([[0, 1, 0],
           [1, 1, 0]], dtype=uint8)
    """
    label = _choices.count(label, "label", 1, 0xFFFF_FFFF)
    if isinstance(rle, Mapping):
        if "size" not in rle or "counts" not in rle:
            raise Error("a mask of COCO has \"size\" and \"counts\"; give both, or Kaggle's text with shape=(height, width)")
        size = _size(rle["size"])
        if shape is not None and _size(shape) != size:
            raise Error(f"shape is {tuple(shape)}, and the mask says {size}; leave shape out")
        ends = _of_coco(rle["counts"], size[0] * size[1])
    elif isinstance(rle, str):
        if shape is None:
            raise Error("Kaggle's runs do not say how large the picture is; give shape=(height, width)")
        size = _size(shape)
        ends = _of_kaggle(rle, size[0] * size[1])
    else:
        raise Error(f"runs are a text or a dict with size and counts, and this is {type(rle).__name__}")
    dtype = np.uint8 if label < 1 << 8 else np.uint16 if label < 1 << 16 else np.uint32
    mask = np.zeros(size[0] * size[1], dtype)
    for start, end in ends:
        mask[start:end] = label
    return np.ascontiguousarray(mask.reshape(size[::-1]).T)


def _wholes(given: Any, what: str) -> list[int]:
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        raise Error(f"{what} are whole numbers in a list, and this is {given!r}")
    return [_choices.whole(number, what) for number in given]


def _size(given: Any) -> tuple[int, int]:
    found = _wholes(given, "height and width")
    if len(found) != 2 or min(found) < 1 or found[0] * found[1] > _MOST:
        raise Error(f"a picture of {tuple(found)} cannot be; give (height, width)")
    return found[0], found[1]


def _of_coco(counts: Any, pixels: int) -> list[tuple[int, int]]:
    runs = _unpacked(counts) if isinstance(counts, (str, bytes)) else _wholes(counts, "counts")
    if not runs or min(runs) < 0:
        raise Error(f"{'one of the runs is below 0' if runs else 'there are no runs'}; give counts as they were written")
    # Python's whole numbers, which have no largest one.
    ends = list(accumulate(runs, initial=0))
    if ends[-1] != pixels:
        raise Error(f"the runs are of {ends[-1]} pixels, and the picture has {pixels}; check size, and that all counts are there")
    # Outside first, and then in turn.
    return list(zip(ends[1::2], ends[2::2]))


def _unpacked(counts: str | bytes) -> list[int]:
    """The text of pycocotools: five bits and whether more follow in each character, and each run but the first three less the one
    two before it."""
    data = counts if isinstance(counts, bytes) else counts.encode("latin-1", "replace")
    runs: list[int] = []
    value, shift = 0, 0
    for byte in data:
        bits = byte - 48
        if not 0 <= bits < 64 or shift > 60:
            raise Error("the counts are not a text of pycocotools; give them as a list, or as they were written")
        value |= (bits & 31) << shift
        shift += 5
        if not bits & 32:
            if bits & 16:
                value -= 1 << shift
            runs.append(value + (runs[-2] if len(runs) > 2 else 0))
            value, shift = 0, 0
    if shift:
        raise Error("the counts end inside a number; give the whole text")
    return runs


def _of_kaggle(text: str, pixels: int) -> list[tuple[int, int]]:
    try:
        numbers = [int(word) for word in text.split()]
    except ValueError as error:
        raise Error(f"Kaggle's runs are whole numbers with spaces between them: {error}") from None
    if len(numbers) % 2:
        raise Error("Kaggle's runs are pairs of start and length, and one number is left over")
    ends, before = [], 0
    for start, length in zip(numbers[::2], numbers[1::2]):
        # The first pixel is 1. A start of 0 would be in place for every other pixel too, one off.
        if start <= before or length < 1 or start - 1 + length > pixels:
            fact = "begins before 1" if start < 1 else "does not fit behind the one before it" if start <= before else "leaves the picture"
            raise Error(f"the run {start} {length} {fact}, which has {pixels} pixels counted from 1, down the columns")
        ends.append((start - 1, start - 1 + length))
        before = start - 1 + length
    return ends
