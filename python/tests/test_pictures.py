"""Pictures whose labels are drawn in colours."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from conftest import expected_counts

import voxdice as vd

ROAD, SKY = (128, 64, 128), (70, 130, 180)
COLOURS = np.array([(0, 0, 0), ROAD, SKY], dtype=np.uint8)


def drawn(path: Path, labels: np.ndarray) -> Path:
    """A bitmap of 24 bits; its rows are from below and padded to four bytes."""
    height, width = labels.shape
    rows = COLOURS[labels][::-1, :, ::-1].reshape(height, 3 * width)
    rows = np.pad(rows, ((0, 0), (0, -3 * width % 4)))
    head = b"BM" + struct.pack("<3I", 54 + rows.size, 0, 54) + struct.pack("<IiiHH6I", 40, width, height, 1, 24, *[0] * 6)
    path.write_bytes(head + rows.tobytes())
    return path


@pytest.fixture
def drawings(rng, tmp_path):
    maps = [rng.integers(0, 3, (9, 7)) for _ in range(2)]
    return [drawn(tmp_path / name, labels) for name, labels in zip(("truth.bmp", "pred.bmp"), maps)], maps


def test_colours_are_labels(drawings, tmp_path):
    (truth, pred), (of_truth, of_pred) = drawings
    with pytest.raises(vd.Error, match="which colour is which label"):
        vd.evaluate(truth, pred)
    table = tmp_path / "classes.csv"
    table.write_text("name,r,g,b\nvoid,0,0,0\nroad,128,64,128\nsky,70,130,180\n")
    expected = [expected_counts(of_pred, of_truth, label) for label in (1, 2)]
    for colors in ({"road": ROAD, "sky": np.array(SKY)}, {"void": (0, 0, 0), "road": ROAD, "sky": SKY}, table, str(table)):
        report = vd.evaluate(truth, pred, colors=colors)
        rows = report.columns()
        assert [name for _, name, _ in report.classes] == ["road", "sky"]
        assert [tuple(int(rows[name][at]) for name in ("tp", "n_pred", "n_truth", "n")) for at in (0, 1)] == expected
    listed = vd.evaluate(truth, pred, colors="804080=1,4682b4=2").columns()
    assert list(listed["tp"]) == [row[0] for row in expected]


@pytest.mark.parametrize(
    "colors, part",
    [
        ({"road": (1, 2)}, "red, green and blue"),
        ({"road": (1, 2, 256)}, "red, green and blue"),
        ({"road": (1, 2, 0.5)}, "red, green and blue"),
        ({1: ROAD}, "red, green and blue"),
        ({"road": ROAD, "other": ROAD}, "twice"),
        ("804080", "cannot be read"),
        ("804080=x", "colors="),
        ([ROAD, SKY], "path of a CSV"),
        ({"road": ROAD}, r"colour \(70, 130, 180\), which is none of the table"),
    ],
)
def test_wrong_tables_are_told(drawings, colors, part):
    (truth, pred), _ = drawings
    with pytest.raises(vd.Error, match=part):
        vd.evaluate(truth, pred, colors=colors)
