"""The examples of docs/python.md run one after the other, in a folder that has what they name."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import numpy as np
import pytest
from conftest import blobs, write_nifti

PAGE = Path(__file__).parents[2] / "docs" / "python.md"


def test_the_examples_of_the_page(tmp_path, monkeypatch, rng, capsys):
    for folder in ("labelsTs", "predictions"):
        (tmp_path / folder).mkdir()
        for case in (1, 2, 3):
            write_nifti(tmp_path / folder / f"case_{case}.nii", blobs(rng, (24, 20, 16), 2))
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```python(?: needs=(\w+))?\n(.*?)^```", PAGE.read_text(), re.M | re.S)
    assert len(blocks) >= 10
    names: dict[str, object] = {"np": np}
    skipped = []
    for needs, code in blocks:
        if needs and importlib.util.find_spec(needs) is None:
            skipped.append(needs)
            continue
        exec(compile(code, f"docs/python.md: {code.strip().splitlines()[0]}", "exec"), names)
    assert "mean" in capsys.readouterr().out, "only the examples print"
    if skipped:
        pytest.skip(f"all but the examples for {', '.join(skipped)}, which are not installed")
