"""What tests share. Expected values come from numpy, scipy, hosts and recorded golden files, and never from voxdice."""

from __future__ import annotations

import importlib
import os
import struct
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest


def of_group(group: str, name: str) -> ModuleType:
    """A module of a group of packages (``HOSTS``, ``CLUSTERS``). Without it tests are skipped, but where
    ``VOXDICE_TEST_<group>=require`` says that the group was asked for they fail."""
    if os.environ.get(f"VOXDICE_TEST_{group}") == "require":
        return importlib.import_module(name)
    return pytest.importorskip(name)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20)


def blobs(rng: np.random.Generator, shape: tuple[int, ...], labels: int) -> np.ndarray:
    """A label map of coarse patches with noise."""
    coarse = rng.integers(0, labels + 1, tuple(-(-length // 4) for length in shape))
    for axis, length in enumerate(shape):
        coarse = np.repeat(coarse, 4, axis=axis).take(range(length), axis=axis)
    noise = rng.random(shape) < 0.1
    return np.where(noise, rng.integers(0, labels + 1, shape), coarse).astype(np.uint8)


def write_nifti(path: Path, labels: np.ndarray, spacing: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> None:
    """A NIfTI-1 file of uint8 by hand; ``labels`` has axes x, y, z."""
    header = bytearray(348)
    struct.pack_into("<i", header, 0, 348)
    struct.pack_into("<8h", header, 40, 3, *labels.shape, 1, 1, 1, 1)
    struct.pack_into("<2h", header, 70, 2, 8)
    struct.pack_into("<8f", header, 76, 1.0, *spacing, 1.0, 1.0, 1.0, 1.0)
    struct.pack_into("<f", header, 108, 352.0)
    struct.pack_into("<2h", header, 252, 0, 1)
    for row in range(3):
        place = [0.0] * 4
        place[row] = spacing[row]
        struct.pack_into("<4f", header, 280 + 16 * row, *place)
    header[344:348] = b"n+1\0"
    path.write_bytes(bytes(header) + bytes(4) + labels.astype(np.uint8).tobytes(order="F"))


def expected_counts(pred: np.ndarray, truth: np.ndarray, label: int, ignore: int | None = None) -> tuple[int, int, int, int]:
    """tp, n_pred, n_truth, n by numpy's masks."""
    keep = np.ones(truth.shape, dtype=bool) if ignore is None else truth != ignore
    of_pred, of_truth = (pred == label) & keep, (truth == label) & keep
    return tuple(int(mask.sum()) for mask in (of_pred & of_truth, of_pred, of_truth, keep))  # type: ignore[return-value]


@pytest.fixture
def folders(tmp_path: Path, rng: np.random.Generator) -> tuple[Path, Path, dict[str, tuple[np.ndarray, np.ndarray]]]:
    """Two folders of four cases, and their arrays: truth, prediction."""
    truth, pred, arrays = tmp_path / "labelsTs", tmp_path / "predictions", {}
    truth.mkdir(), pred.mkdir()
    for case in ("case_1", "case_2", "case_3", "case_4"):
        arrays[case] = (blobs(rng, (12, 10, 8), 3), blobs(rng, (12, 10, 8), 3))
        for folder, labels in zip((truth, pred), arrays[case]):
            write_nifti(folder / f"{case}.nii", labels, (0.5, 1.0, 2.0))
    return truth, pred, arrays
