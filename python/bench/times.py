"""What the package takes, beside the command and MONAI, in one run: `python bench/times.py [SCALE]`.

Every time is the least of several runs, one after the other in turn, on whatever else the machine does meanwhile; the shape
and the number of threads are printed. SCALE (1) multiplies the last axis of 512 x 512 x 300.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import voxdice as vd

CLASSES = 117


def least(runs: int, **works: Callable[[], object]) -> dict[str, float]:
    """Seconds of each, in turn."""
    best = dict.fromkeys(works, float("inf"))
    for _ in range(runs):
        for name, work in works.items():
            begin = time.perf_counter()
            work()
            best[name] = min(best[name], time.perf_counter() - begin)
    return best


def tell(what: str, found: dict[str, float], wanted: str) -> None:
    times = ", ".join(f"{name} {seconds * 1e3:.1f} ms" for name, seconds in found.items())
    print(f"{what}: {times}; {wanted}", flush=True)


def phantom(rng: np.random.Generator, shape: tuple[int, ...], classes: int) -> np.ndarray:
    """Balls of all classes."""
    labels = np.zeros(shape, dtype=np.uint8)
    for label in range(1, classes + 1):
        radius = max(2, int(min(shape) * rng.uniform(0.04, 0.09)))
        low = [int(rng.integers(0, length - 2 * radius)) if length > 2 * radius else 0 for length in shape]
        box = tuple(slice(at, at + 2 * radius) for at in low)
        part = labels[box]
        grid = np.ogrid[tuple(slice(-radius, length - radius) for length in part.shape)]
        part[sum(axis**2 for axis in grid) < radius**2] = label
    return labels


def folder(truth: np.ndarray, pred: np.ndarray) -> None:
    """`vd.evaluate` of 8 phantoms beside the command."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from conftest import write_nifti
    import gzip

    with tempfile.TemporaryDirectory() as place:
        sides = [Path(place, name) for name in ("truth", "pred")]
        for side, labels in zip(sides, (truth, pred)):
            side.mkdir()
            write_nifti(side / "one.nii", labels)
            packed = gzip.compress((side / "one.nii").read_bytes(), 6)
            (side / "one.nii").unlink()
            for case in range(8):
                (side / f"case_{case}.nii.gz").write_bytes(packed)
        command = [sys.executable, "-m", "voxdice", "eval", *map(str, sides), "--format", "json"]
        start = [sys.executable, "-m", "voxdice", "--version"]

        def run(line: list[str]) -> None:
            subprocess.run(line, check=True, stdout=subprocess.DEVNULL)

        found = least(5, evaluate=lambda: vd.evaluate(*sides).to_json(), command=lambda: run(command), start=lambda: run(start))
        ratio = found["evaluate"] / (found["command"] - found["start"])
        tell("8 phantoms of 117 labels", found, f"evaluate / (command less start) = {ratio:.2f}, wanted 1.1 at most")


def counts(truth: np.ndarray, pred: np.ndarray) -> None:
    """int64 arrays beside uint8 ones, and MONAI."""
    wide = [side.astype(np.int64) for side in (pred, truth)]
    listed = range(1, CLASSES + 1)
    found = least(
        7,
        int64=lambda: vd.counts(pred=wide[0], truth=wide[1], labels=listed),
        uint8=lambda: vd.counts(pred=pred, truth=truth, labels=listed),
        reading=lambda: (wide[0].max(), wide[1].max()),
    )
    tell("counts", found, f"int64 / uint8 = {found['int64'] / found['uint8']:.1f}, wanted 3 at most")
    import torch
    from monai.metrics import DiceMetric as Host

    from voxdice.monai import DiceMetric

    y_pred, y = (torch.from_numpy(side)[None, None] for side in wide)
    own, host = (metric(include_background=False, num_classes=CLASSES + 1) for metric in (DiceMetric, Host))
    times = least(3, voxdice=lambda: own(y_pred=y_pred, y=y)) | least(1, monai=lambda: host(y_pred=y_pred, y=y))
    torch.testing.assert_close(own.aggregate(), host.aggregate(), rtol=2e-6, atol=2e-6)
    tell("DiceMetric of int64 label maps", times, f"{times['monai'] / times['voxdice']:.0f} times, wanted 20")
    print(f"  counts of int64 beside MONAI: {times['monai'] / found['int64']:.0f} times, wanted 20", flush=True)


def distances(truth: np.ndarray, pred: np.ndarray) -> None:
    """HD95 of some classes, as one-hot maps."""
    import torch
    from monai.metrics import HausdorffDistanceMetric as Host

    from voxdice.monai import HausdorffDistanceMetric

    some = [label for label in range(1, CLASSES + 1) if (truth == label).sum() > 100][:6]
    one_hot = [torch.from_numpy(np.stack([side == label for label in [0, *some]]))[None] for side in (pred, truth)]
    own, host = (metric(percentile=95) for metric in (HausdorffDistanceMetric, Host))
    found = least(3, voxdice=lambda: own(*one_hot)) | least(1, monai=lambda: host(*one_hot))
    torch.testing.assert_close(own.aggregate(), host.aggregate(), rtol=2e-6, atol=2e-6)
    tell(f"HD95 of {len(some)} one-hot classes", found, f"{found['monai'] / found['voxdice']:.0f} times, wanted 50")
    labels = [torch.from_numpy(np.where(np.isin(side, some), side, 0)) for side in (pred, truth)]
    direct = least(3, surfaces=lambda: vd.surfaces(pred=labels[0], truth=labels[1], labels=some, metrics="hd95", surface="monai",
                                                   spacing=(1, 1, 1)))
    tell("  the same of label maps", direct, f"{found['monai'] / direct['surfaces']:.0f} times")


def main() -> None:
    scale = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    shape = (512, 512, max(16, int(300 * scale)))
    rng = np.random.default_rng(0)
    truth = phantom(rng, shape, CLASSES)
    pred = np.roll(truth, (1, 0, 1), axis=(0, 1, 2))
    print(f"{shape}, {vd.threads()} threads", flush=True)
    counts(truth, pred)
    folder(truth, pred)
    distances(truth, pred)


if __name__ == "__main__":
    main()
