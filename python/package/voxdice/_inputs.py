"""Volumes from wherever they are: arrays as they lie in memory, known by what they can do and not by their class.

No host is imported: a tensor has ``detach`` and ``numpy``, an image of SimpleITK ``GetPixelIDValue``, one of nibabel
``dataobj``, an array of xarray ``values``.
"""

from __future__ import annotations

import operator
import os
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from ._voxdice import Error


@dataclass
class Field:
    """An array with its axes as its host has them."""

    array: np.ndarray
    #: numpy's name of the type, or ``bfloat16`` for bits in 16-bit integers.
    kind: str
    #: Size of a voxel per axis of the array, where the host says so.
    spacing: tuple[float, ...] | None = None
    #: From places in the array to mm, rows as NIfTI has them (RAS).
    affine: np.ndarray | None = None
    #: Whether the axes are x, y, z; None where nobody knows.
    x_first: bool | None = None


def is_path(volume: Any) -> bool:
    return isinstance(volume, (str, os.PathLike))


def exists(path: Any) -> bool:
    """Whether there is a file or a folder. An array of an archive is named behind it, ``masks.npz:pred``, and may be called
    anything: the first ``.npz:`` ends the archive."""
    archive = re.match(r"(.*?\.npz):", os.fsdecode(path), re.IGNORECASE | re.DOTALL)
    return os.path.exists(path) or (archive is not None and os.path.exists(archive[1]))


def check_files(pred: Any, truth: Any, call: str) -> None:
    """Refuses folders, whose cases would run together."""
    for side in (truth, pred):
        if not exists(side):
            raise Error(f"{os.fspath(side)}: no such file; check the name")
        if os.path.isdir(side):
            raise Error(f"{os.fspath(side)} is a folder, and {call} two files; evaluate takes folders")


def field(volume: Any, name: str) -> Field:
    """The voxels of a volume, borrowed where that is possible."""
    if is_path(volume):
        raise Error(f"{name} is a path, and the other side is not; give two paths, or two arrays or images")
    if hasattr(volume, "detach") and hasattr(volume, "numpy"):
        return _tensor(volume, name)
    if hasattr(volume, "GetPixelIDValue") and hasattr(volume, "GetDirection"):
        return _simpleitk(volume, name)
    if hasattr(volume, "dataobj") and hasattr(volume, "affine"):
        return _nibabel(volume, name)
    if hasattr(volume, "values") and hasattr(volume, "dims"):
        volume = volume.values
    try:
        array = np.asanyarray(volume)
    except (TypeError, ValueError, OverflowError) as error:
        raise Error(f"{name} is no array of numbers: {error}; give an array, a tensor, an image or a path") from error
    if array.dtype == object:
        raise Error(f"{name} is no array of numbers ({type(volume).__name__}); give an array, a tensor, an image or a path")
    return Field(_native(array, name), array.dtype.name)


def _native(array: np.ndarray, name: str) -> np.ndarray:
    """Voxels in the byte order of this machine. Those that a mask of numpy hides are not read in silence."""
    if np.ma.is_masked(array):
        hidden = int(np.ma.getmaskarray(array).sum())
        raise Error(
            f"{name} is a masked array, and its mask hides {hidden} voxels; give them a value with {name}.filled(...), and to "
            "leave them out give them a label of their own in the truth, and name it as ignore"
        )
    array = np.asarray(array)
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def _tensor(tensor: Any, name: str) -> Field:
    if tensor.device.type != "cpu":
        raise Error(f"{name} is a tensor on {tensor.device}; copy it with {name}.cpu() where you want that copy")
    affine = getattr(tensor, "affine", None)
    tensor = tensor.detach()
    if hasattr(tensor, "as_tensor"):  # a MetaTensor
        tensor = tensor.as_tensor()
    if str(tensor.dtype) == "torch.bfloat16":  # numpy has no such type, and its bits are enough
        import torch

        return Field(tensor.view(torch.int16).numpy().view(np.uint16), "bfloat16")
    array = tensor.resolve_conj().resolve_neg().numpy()
    found = Field(array, array.dtype.name)
    if affine is not None and np.shape(affine) == (4, 4) and array.ndim == 4:
        # Channels first, and its affine is of the three axes behind them.
        found.affine = np.asarray(affine, dtype=np.float64)
    return found


def _simpleitk(image: Any, name: str) -> Field:
    import SimpleITK

    # SimpleITK itself ends the process where it is asked for voxels of a label map.
    if "label" in image.GetPixelIDTypeAsString():
        raise Error(f"{name} is a label map of runs; make an image of it with SimpleITK.LabelMapToLabel({name})")
    if image.GetNumberOfComponentsPerPixel() != 1:
        raise Error(f"{name} has {image.GetNumberOfComponentsPerPixel()} numbers per voxel; take one with SimpleITK")
    array = SimpleITK.GetArrayViewFromImage(image)
    found = Field(array, array.dtype.name, tuple(reversed(image.GetSpacing())), x_first=False)
    axes = image.GetDimension()
    if axes in (2, 3):
        flip = np.diag([-1.0, -1.0, 1.0][:axes])  # ITK's axes point to the left and to the back, those of NIfTI do not
        affine = np.eye(4)  # of an image, with a third axis that it has not
        affine[:axes, :axes] = flip @ np.reshape(image.GetDirection(), (axes, axes)) @ np.diag(image.GetSpacing())
        affine[:axes, 3] = flip @ np.asarray(image.GetOrigin())
        found.affine = affine
    return found


def _nibabel(image: Any, name: str) -> Field:
    array = np.asanyarray(image.dataobj)
    affine = None if image.affine is None else np.asarray(image.affine, dtype=np.float64)
    spacing = None if affine is None else tuple(float(size) for size in image.header.get_zooms()[: array.ndim])
    return Field(_native(array, name), array.dtype.name, spacing, affine, x_first=True)


#: As the command: voxels that lie further apart than this part of one are not the same voxels.
APART = 1e-3


def pair(pred: Any, truth: Any, geometry: str = "strict") -> tuple[Field, Field]:
    """Both sides with the same axes. Images on two grids are an error unless ``geometry`` is ``"off"``."""
    if geometry not in ("strict", "off"):
        raise Error(f"geometry is `{geometry}`, and must be one of strict, off for arrays and images")
    of_pred, of_truth = field(pred, "pred"), field(truth, "truth")
    if {of_pred.x_first, of_truth.x_first} == {True, False}:
        of_pred, of_truth = _x_first(of_pred), _x_first(of_truth)
    if of_pred.array.shape != of_truth.array.shape:
        shapes = f"pred has shape {of_pred.array.shape} and truth {of_truth.array.shape}"
        if of_pred.array.shape == of_truth.array.shape[::-1]:
            raise Error(f"{shapes}: one is x, y, z and the other z, y, x; transpose one of them")
        raise Error(f"{shapes}; both must be equal")
    if geometry == "strict" and of_pred.affine is not None and of_truth.affine is not None:
        _check_grids(of_pred, of_truth)
    return of_pred, of_truth


def _x_first(found: Field) -> Field:
    if found.x_first:
        return found
    spacing = None if found.spacing is None else found.spacing[::-1]
    return Field(found.array.T, found.kind, spacing, found.affine, True)


def _check_grids(pred: Field, truth: Field) -> None:
    assert pred.affine is not None and truth.affine is not None
    # The affine is of the first three axes of nibabel's images, and of the last ones of tensors with channels in front.
    shape = truth.array.shape
    space = shape[:3] if truth.x_first else shape[-3:] if truth.x_first is None else shape[::-1]
    last = [max(length, 1) - 1 for length in (*space, 1, 1)[:3]]
    corners = np.array(np.meshgrid(*[[0, end] for end in last], [1])).reshape(4, -1)
    gap = np.linalg.norm(((pred.affine - truth.affine) @ corners)[:3], axis=0).max()
    size = np.linalg.norm(truth.affine[:3, : min(3, len(space))], axis=0).min()
    if not gap <= APART * size:
        raise Error(
            f"the grids of pred and truth lie up to {gap:.4g} mm apart: their affines differ; resample one of them, or say "
            'geometry="off" if voxels belong together by their place in the arrays'
        )


def order_in_memory(found: Field) -> tuple[int, ...]:
    """The axes as they lie in memory, the first one of samples ahead: for what is the same in any order."""
    strides = found.array.strides
    return 0, *sorted(range(1, found.array.ndim), key=lambda axis: (-abs(strides[axis]), axis))


def order_of_axes(pred: Field, truth: Field) -> tuple[int, ...]:
    """The axes with x last, as files have them, the first one of samples ahead: for what depends on their order, which must
    not depend on memory. Of plain arrays the last axis is x."""
    axes = range(1, truth.array.ndim)
    return 0, *(reversed(axes) if pred.x_first or truth.x_first else axes)


def together(pred: Field, truth: Field, order: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Both as one contiguous axis in this order of axes. A copy is made only of what lies in another order, or with gaps."""
    of_pred, of_truth = (np.ascontiguousarray(side.array.transpose(order)).reshape(-1) for side in (pred, truth))
    return _bits(of_pred), _bits(of_truth)


def _bits(array: np.ndarray) -> np.ndarray:
    """Types that the compiled part knows by their bits."""
    if array.dtype == np.bool_:
        return array.view(np.uint8)
    return array.view(np.uint16) if array.dtype == np.float16 else array


def samples_first(found: Field, axis: int | None) -> Field:
    """The axis of samples first; one of length 1 is added where there is none."""
    array = found.array[None] if axis is None else np.moveaxis(found.array, axis, 0)
    spacing = found.spacing
    if spacing is not None and axis is not None and len(spacing) == found.array.ndim:
        spacing = (*spacing[:axis], *spacing[axis + 1 :])  # samples have no size
    return Field(array, found.kind, spacing, found.affine, found.x_first)


def sample_axis(axis: int | None, ndim: int) -> int | None:
    if axis is None:
        return None
    if isinstance(axis, bool) or not hasattr(axis, "__index__") or not -ndim <= axis < ndim:
        raise Error(f"sample_axis is {axis!r}, and the arrays have {ndim} axes; name one of them, or None for one sample")
    return operator.index(axis) % ndim
