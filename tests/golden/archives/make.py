"""Makes the archives of this folder, with NumPy.

    python make.py        # numpy 2.4
"""

import zipfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent

truth = (np.arange(24) // 5 % 3).reshape(2, 3, 4).astype("u1")
pred = ((np.arange(24) + 1) // 5 % 3).reshape(2, 3, 4).astype("i8")

np.savez(HERE / "one.npz", truth)
np.savez_compressed(HERE / "two.npz", truth=truth, pred=pred)
np.save(HERE / "truth.npy", truth)
np.save(HERE / "pred.npy", pred)
with zipfile.ZipFile(HERE / "none.npz", "w") as archive:
    archive.writestr("notes.txt", "no array")
with zipfile.ZipFile(HERE / "bzip2.npz", "w", zipfile.ZIP_BZIP2) as archive:
    archive.write(HERE / "truth.npy", "truth.npy")
with zipfile.ZipFile(HERE / "twice.npz", "w") as archive:  # zipfile warns
    archive.write(HERE / "truth.npy", "mask.npy")
    archive.write(HERE / "pred.npy", "mask.npy")
