"""Makes the volumes of this folder, with nibabel and SimpleITK, and what these read back.

    python make.py        # nibabel 5.4, SimpleITK 2.5, pyzstd 0.20, numpy 2.4

`expected.json` has for each file the shape (x first), the type, the affine to RAS in mm, and the numbers, x fastest.
"""

import gzip
import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pyzstd
import SimpleITK as sitk

HERE = Path(__file__).parent
EXPECTED = {}
RANDOM = np.random.default_rng(11)
SHAPE = (5, 4, 3)
OBLIQUE = np.array([[0.6, -0.8, 0, -10], [0.8, 0.6, 0, 4.5], [0, 0, 1, 7.25], [0, 0, 0, 1]])
SIZES = np.diag([0.5, 1.25, 3, 1])


def note(name, values, affine):
    values = np.asarray(values)
    shape, dtype, numbers = list(values.shape), values.dtype.name, values.ravel(order="F").tolist()
    EXPECTED[name] = {"shape": shape, "dtype": dtype, "affine": np.asarray(affine).tolist(), "values": numbers}


def mgh(name, values, affine):
    nib.save(nib.freesurfer.MGHImage(values, affine), HERE / name)
    back = nib.load(HERE / name)
    assert np.array_equal(np.asarray(back.dataobj), values)
    note(name, np.asarray(back.dataobj), back.affine)


def mghs():
    for kind in ("u1", "i2", "i4", "f4"):
        values = RANDOM.integers(0, 120, SHAPE).astype(kind)
        mgh(f"{kind}.mgz", values, OBLIQUE @ SIZES)
    mgh("plain.mgh", RANDOM.integers(0, 300, SHAPE).astype("i2"), SIZES)
    mgh("frames.mgz", RANDOM.integers(0, 9, (*SHAPE, 2)).astype("u1"), SIZES)
    # As FreeSurfer's own volumes lie: coronal slices.
    coronal = np.array([[-1, 0, 0, 128], [0, 0, 1, -128], [0, -1, 0, 128], [0, 0, 0, 1.0]])
    mgh("coronal.mgz", RANDOM.integers(0, 2036, SHAPE).astype("i4"), coronal)
    # Without a place of its own, and with what FreeSurfer writes behind the voxels.
    data = bytearray((HERE / "plain.mgh").read_bytes())
    data[28:30] = b"\0\0"
    data[284 + 2 * 60 :] = np.array([2300, 0.1, 2.9, 900], ">f4").tobytes() + b"\0\0\0\1tags"
    (HERE / "no_place.mgh").write_bytes(data)
    back = nib.load(HERE / "no_place.mgh")
    note("no_place.mgh", np.asarray(back.dataobj), back.affine)
    (HERE / "no_place.mgh.gz").write_bytes(gzip.compress(bytes(data), mtime=0))
    note("no_place.mgh.gz", np.asarray(back.dataobj), back.affine)


def gipls():
    flip = np.diag([-1, -1, 1, 1])
    for kind in ("u1", "i1", "u2", "i2", "f4", "f8"):
        for ending in (".gipl", ".gipl.gz"):
            values = RANDOM.integers(0, 120, SHAPE).astype(kind)
            image = sitk.GetImageFromArray(values.T)
            image.SetSpacing([0.5, 1.25, 3])
            image.SetOrigin([-10, 4.5, 7.25])
            name = kind + ending
            sitk.WriteImage(image, str(HERE / name))
            back = sitk.ReadImage(str(HERE / name))
            affine = np.eye(4)
            affine[:3, :3] = np.reshape(back.GetDirection(), (3, 3)) @ np.diag(back.GetSpacing())
            affine[:3, 3] = back.GetOrigin()
            numbers = sitk.GetArrayFromImage(back).T
            assert numbers.dtype == values.dtype and np.array_equal(numbers, values), name
            note(name, numbers, flip @ affine)


def zstds():
    values = RANDOM.integers(0, 9, SHAPE).astype("u1")
    nib.save(nib.Nifti1Image(values, OBLIQUE @ SIZES), HERE / "u1.nii.zst")
    back = nib.load(HERE / "u1.nii.zst")
    assert np.array_equal(np.asarray(back.dataobj), values)
    note("u1.nii.zst", values, back.affine)
    data = pyzstd.decompress((HERE / "u1.nii.zst").read_bytes())
    # Two frames with a checksum each, and one that is to be skipped.
    options = {pyzstd.CParameter.checksumFlag: 1}
    frames = [pyzstd.compress(part, options) for part in (data[:370], data[370:])]
    skipped = b"\x50\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"hello"
    (HERE / "frames.nii.zst").write_bytes(frames[0] + skipped + frames[1])
    note("frames.nii.zst", values, back.affine)


if __name__ == "__main__":
    mghs()
    gipls()
    zstds()
    text = ",\n".join(f" {json.dumps(name)}: {json.dumps(found)}" for name, found in sorted(EXPECTED.items()))
    (HERE / "expected.json").write_text("{\n" + text + "\n}\n")
    print(len(EXPECTED), "files")
