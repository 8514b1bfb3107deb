"""Losses of MONAI, nnU-Net, SMP and others for torch, computed exactly on the CPU: a reference to check a loss with, and not a
product to train with. Tensors on another device are refused, since a silent copy would be what takes the time.

>>> from voxdice.torch import DiceLoss, check                                                   # doctest: +SKIP
>>> loss = DiceLoss(sigmoid=True, squared_pred=False)                                           # doctest: +SKIP
>>> check(my_loss, like="monai.DiceLoss(sigmoid=True)", shape=(2, 3, 32, 32, 32))               # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from . import _voxdice
from ._sums import axes_of, soft, truth_of
from ._voxdice import Error

__all__ = ["DiceLoss", "Loss", "check"]


def _evaluate(call: str, pred: torch.Tensor, truth: torch.Tensor, mask: torch.Tensor | None, with_gradient: bool) -> Any:
    flat, kind, shape = soft(pred, "pred")
    axes = axes_of(shape)
    of_truth, truth_kind, are_labels = truth_of(truth, axes)
    given = None
    if mask is not None:
        of_mask, mask_kind, mask_shape = soft(mask, "mask")
        if mask_shape != (shape[0], 1, *shape[2:]):
            raise Error(f"mask has shape {mask_shape}; it must be {(shape[0], 1, *shape[2:])}")
        given = (of_mask, mask_kind)
    return _voxdice.loss(call, flat, kind, of_truth, truth_kind, axes, are_labels, given, with_gradient)


class _Exact(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, pred: torch.Tensor, truth: torch.Tensor, mask: torch.Tensor | None, call: str) -> torch.Tensor:
        wanted = ctx.needs_input_grad[0]
        values, shape, gradient = _evaluate(call, pred, truth, mask, wanted)
        if wanted:
            if len(values) != 1:
                raise Error(f"this loss has {len(values)} values, and gradients are of one; choose a reduction, or detach pred")
            own = torch.from_numpy(gradient).reshape(pred.shape).to(pred.dtype)
            ctx.save_for_backward(own)
        return torch.tensor(values, dtype=torch.float32).reshape(shape)

    @staticmethod
    def backward(ctx: Any, grad_output: torch.Tensor) -> tuple[Any, ...]:  # type: ignore[override]
        (own,) = ctx.saved_tensors
        return own * grad_output.to(own.dtype), None, None, None


class Loss(torch.nn.Module):
    """A library's loss by its constructor call, such as ``Loss("monai.DiceCELoss(softmax=True)")``; docs/losses.md lists them.

    ``forward(pred, truth)`` takes ``pred`` of shape ``[samples, channels, axes of space...]`` (float64, float32, float16,
    bfloat16) and ``truth`` of that shape or of labels ``[samples, (1,) axes of space...]``; ``mask`` of shape ``[samples,
    1, ...]`` says which voxels count. Gradients, activations and pointwise losses take the float32 next to each float64. It returns float32 with the library's value, NaN where the library has NaN. The
    gradient is of ``pred``.
    Raises :class:`voxdice.Error` for calls that no library has, and for tensors that are not on the CPU.
    """

    def __init__(self, call: str) -> None:
        super().__init__()
        self.call = call

    def forward(self, pred: torch.Tensor, truth: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        return _Exact.apply(pred, truth, mask, self.call)

    def extra_repr(self) -> str:
        return repr(self.call)


#: Whose class a preset is.
_PRESETS = {"monai": "monai.DiceLoss", "nnunet": "nnunet.MemoryEfficientSoftDiceLoss", "smp": "smp.DiceLoss"}


class DiceLoss(Loss):
    """MONAI's DiceLoss by its parameters (``sigmoid``, ``softmax``, ``squared_pred``, ``jaccard``, ``batch``, ``smooth_nr``, ...),
    or with ``preset`` ``"nnunet"`` or ``"smp"`` the Dice loss of these by theirs."""

    def __init__(self, preset: str = "monai", **parameters: Any) -> None:
        if preset not in _PRESETS:
            raise Error(f"`{preset}` is none of {', '.join(_PRESETS)}; Loss takes any library's loss by its call")
        listed = ", ".join(f"{name}={value!r}" for name, value in parameters.items())
        super().__init__(f"{_PRESETS[preset]}({listed})")


def check(
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    like: str = "monai.DiceLoss(sigmoid=True)",
    shape: tuple[int, ...] = (2, 3, 32, 32, 32),
    seed: int = 0,
) -> dict[str, Any]:
    """Compares a loss of logits and one-hot masks with the exact one, on random data of this shape.

    Returns both values, their difference, the largest difference of the gradients and the place of it in ``pred``. ``like`` is
    a library's constructor call.
    """
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(shape, generator=generator)
    labels = torch.randint(0, max(shape[1], 2), (shape[0], *shape[2:]), generator=generator)
    channels = range(shape[1]) if shape[1] > 1 else [1]
    truth = torch.stack([labels == channel for channel in channels], dim=1).float()
    found = []
    for of in (loss, Loss(like)):
        pred = logits.clone().requires_grad_(True)
        value = of(pred, truth)
        (gradient,) = torch.autograd.grad(value, pred)
        found.append((float(value.detach()), gradient.double().numpy()))
    (own, own_gradient), (exact, exact_gradient) = found
    apart = np.abs(own_gradient - exact_gradient)
    worst = tuple(int(place) for place in np.unravel_index(int(apart.argmax()), apart.shape))
    return {
        "value": own,
        "exact": exact,
        "difference": abs(own - exact),
        "gradient_difference": float(apart.max()),
        "largest_gradient": float(np.abs(exact_gradient).max()),
        "worst": worst,
    }
