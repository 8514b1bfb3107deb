//! Label maps: arrays of `.npy`, and layers.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use voxdice::Shape;
use voxdice::error::FileError;
use voxdice::io::StoredType;
use voxdice::io::labels::{self, LabelReader, Labels};

use super::pieces::{pieces, values};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn npy(&self, name: &str, descr: &str, fortran: &str, shape: &str, data: &[u8]) -> PathBuf {
        let text = format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n");
        let length = (text.len() as u16).to_le_bytes();
        self.save(name, &[b"\x93NUMPY\x01\x00".as_slice(), &length, text.as_bytes(), data].concat())
    }

    fn save(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }
}

fn same_both_ways(path: &Path, expected: &[u32]) {
    assert_eq!(values(&labels::read(path).unwrap().labels), expected);
    for most in [1, 4, 100] {
        assert_eq!(pieces(path, most).unwrap().0, expected, "{} by {most}", path.display());
    }
}

/// `[z, y, x]` of lengths 2, 3 and 4; x is fastest in the result whatever the order on disk.
#[test]
fn both_orders_of_an_array_are_the_same_label_map() {
    let folder = Folder::new();
    let rows: Vec<u8> = (0..24).collect();
    let mut columns = vec![0; 24];
    for (i, &label) in rows.iter().enumerate() {
        let (z, y, x) = (i / 12, i / 4 % 3, i % 4);
        columns[z + 2 * y + 6 * x] = label;
    }
    let expected: Vec<u32> = (0..24).collect();
    for (name, fortran, data) in [("c.npy", "False", &rows), ("f.npy", "True", &columns)] {
        let path = folder.npy(name, "|u1", fortran, "(2, 3, 4)", data);
        let volume = labels::read(&path).unwrap();
        assert_eq!((&volume.shape[..], &volume.geometry, volume.voxels()), (&[4, 3, 2][..], &None, 24));
        assert_eq!(volume.stored, Some(StoredType::U8));
        let reader = LabelReader::open(&path).unwrap();
        assert_eq!((reader.shape(), reader.geometry()), (&[4, 3, 2][..], None));
        same_both_ways(&path, &expected);
    }
    let line = folder.npy("line.npy", "|u1", "True", "(1, 24, 1)", &rows);
    same_both_ways(&line, &expected);
}

#[test]
fn trailing_axes_of_one_voxel_are_no_axes() {
    let folder = Folder::new();
    for (name, shape, axes) in [
        ("a.npy", "(1, 1, 2, 3)", vec![2, 3]),
        ("b.npy", "(2, 1, 3)", vec![2, 1, 3]),
        ("c.npy", "(1, 6)", vec![6]),
        ("d.npy", "(6, 1)", vec![6, 1]),
    ] {
        let volume = labels::read(folder.npy(name, "|u1", "False", shape, &[1, 2, 3, 4, 5, 6])).unwrap();
        assert_eq!(volume.map().unwrap().shape(), &Shape::new(1, 1, axes).unwrap(), "{shape}");
    }
    let one = labels::read(folder.npy("e.npy", "|u1", "False", "(1, 1)", &[1])).unwrap();
    assert_eq!(one.census(), [(1, 1)].into());
    assert_eq!(one.map().unwrap().shape(), &Shape::new(1, 1, [1]).unwrap());
}

#[test]
fn arrays_of_every_type_are_labels() {
    let folder = Folder::new();
    let labels = [0u16, 1, 2, 300];
    let bytes = |each: fn(u16) -> Vec<u8>| -> Vec<u8> { labels.into_iter().flat_map(each).collect() };
    for (descr, data) in [
        ("<u2", bytes(|v| v.to_le_bytes().into())),
        (">u2", bytes(|v| v.to_be_bytes().into())),
        ("<i2", bytes(|v| v.to_le_bytes().into())),
        (">i4", bytes(|v| i32::from(v).to_be_bytes().into())),
        ("<u4", bytes(|v| u32::from(v).to_le_bytes().into())),
        ("<i8", bytes(|v| i64::from(v).to_le_bytes().into())),
        (">u8", bytes(|v| u64::from(v).to_be_bytes().into())),
        ("=u2", bytes(|v| v.to_ne_bytes().into())),
        ("u2", bytes(|v| v.to_le_bytes().into())),
        ("<f4", bytes(|v| f32::from(v).to_le_bytes().into())),
        (">f8", bytes(|v| f64::from(v).to_be_bytes().into())),
    ] {
        same_both_ways(&folder.npy("a.npy", descr, "False", "(2, 2)", &data), &[0, 1, 2, 300]);
    }
    // 300 has the bits 5cb0.
    let half: Vec<u8> = [0u16, 0x3c00, 0x4000, 0x5cb0].into_iter().flat_map(u16::to_le_bytes).collect();
    let half = folder.npy("half.npy", "<f2", "False", "(4,)", &half);
    same_both_ways(&half, &[0, 1, 2, 300]);
    assert_eq!(labels::read(&half).unwrap().stored, None);
    let flags = folder.npy("flags.npy", "|b1", "False", "(4,)", &[0, 1, 2, 0]);
    same_both_ways(&flags, &[0, 1, 1, 0]);
    assert!(matches!(labels::read(&flags).unwrap().labels, Labels::U8(_)));
    same_both_ways(&folder.npy("scalar.npy", "|u1", "False", "()", &[7]), &[7]);
}

#[test]
fn an_array_that_is_no_label_map_is_refused_both_ways() {
    let folder = Folder::new();
    let minus = [0i16, 1, 2, 3, -4, 5].into_iter().flat_map(i16::to_le_bytes).collect::<Vec<u8>>();
    let half = [0u16, 0, 0, 0, 0x3800, 0].into_iter().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    for (name, path, wanted) in [
        ("negative", folder.npy("a.npy", "<i2", "False", "(2, 3)", &minus), "voxel (1, 1) is -4, which is negative"),
        ("half", folder.npy("b.npy", "<f2", "False", "(2, 3)", &half), "voxel (1, 1) is 0.5, which is not a whole"),
        (
            "NaN",
            folder.npy("nan.npy", "<f2", "False", "(2,)", &[0, 0, 0, 0x7e]),
            "voxel (1) is NaN, which is not a number",
        ),
        (
            "inf",
            folder.npy("inf.npy", "<f2", "False", "(2,)", &[0, 0, 0, 0x7c]),
            "voxel (1) is inf, which is not a number",
        ),
        ("short", folder.npy("c.npy", "<i2", "False", "(2, 4)", &minus), "announces 16 bytes of elements, but 12"),
        ("objects", folder.npy("o.npy", "|O", "False", "(2, 3)", &[]), "Python objects"),
        ("nothing", folder.npy("d.npy", "<i2", "False", "(0, 3)", &[]), "not a volume that can be compared"),
        ("no array", folder.save("e.npy", b"something else"), "not a .npy file"),
        ("nowhere", folder.0.path().join("f.npy"), "no such file"),
    ] {
        let error = labels::read(&path).unwrap_err();
        let message = error.to_string();
        assert!(message.starts_with(&path.display().to_string()) && message.contains(wanted), "{name}: {message}");
        // In the message, or in that of its source.
        let last = error.source().map_or_else(|| message.clone(), ToString::to_string);
        assert!(last.rsplit_once("; ").is_some_and(|(_, remedy)| remedy.len() > 10), "{name}: {last}");
        for most in [1, 4, 100] {
            assert_eq!(pieces(&path, most).unwrap_err().to_string(), message, "{name}");
        }
        assert_eq!(labels::read_layers(&path).unwrap_err().to_string(), message, "{name}");
    }
}

#[test]
fn each_channel_is_a_layer() {
    let folder = Folder::new();
    let head = "NRRD0004\ntype: int16\nendian: little\nencoding: raw\ndimension: 4\n";
    let more = "sizes: 2 2 1 2\nkinds: list domain domain domain\nspace: LPS\n\
                space directions: none (1,0,0) (0,2,0) (0,0,3)\n\n";
    let bytes = |last: i16| -> Vec<u8> { [1, 5, 2, 6, 3, 7, 4, last].into_iter().flat_map(i16::to_le_bytes).collect() };
    let path = folder.save("a.seg.nrrd", &[head.as_bytes(), more.as_bytes(), &bytes(8)].concat());
    let layers = labels::read_layers(&path).unwrap();
    assert_eq!(layers.iter().map(|layer| values(&layer.labels)).collect::<Vec<_>>(), [[1, 2, 3, 4], [5, 6, 7, 8]]);
    for layer in &layers {
        assert_eq!(layer.shape, [2, 1, 2]);
        assert_eq!(layer.geometry.as_ref().unwrap().spacing, [1.0, 2.0, 3.0]);
        layer.map().unwrap();
    }
    let several = labels::read(&path).unwrap_err().to_string();
    assert!(several.contains("2 numbers per voxel"), "{several}");
    assert_eq!(LabelReader::open(&path).unwrap_err().to_string(), several);
    let path = folder.save("b.seg.nrrd", &[head.as_bytes(), more.as_bytes(), &bytes(-8)].concat());
    let message = labels::read_layers(&path).unwrap_err().to_string();
    assert!(message.contains("voxel (1, 0, 1, 1) is -8"), "{message}");
    let one = folder.npy("one.npy", "|u1", "False", "(2, 2)", &[1, 2, 3, 4]);
    assert_eq!(labels::read_layers(&one).unwrap(), [labels::read(&one).unwrap()]);
}

/// What is wrong with the file comes before what is wrong with a label, and both ways tell the same numbers.
#[test]
fn a_stream_that_ends_inside_the_voxels_is_told_with_what_it_should_have() {
    let folder = Folder::new();
    let head = "NRRD0004\ntype: int16\nendian: little\nencoding: gzip\ndimension: 1\nsizes: 5\n\n";
    for first in [1i16, -1] {
        let bytes: Vec<u8> = [first, 2, 3].into_iter().flat_map(i16::to_le_bytes).collect();
        let path = folder.save("a.nrrd", &[head.as_bytes(), &crate::nifti::hostile::gzip(&bytes)].concat());
        let whole = labels::read(&path).unwrap_err();
        let told = matches!(whole, FileError::Truncated { needed: 10, found: 6, .. });
        assert!(told, "{whole}");
        for most in [1, 2, 100] {
            assert_eq!(pieces(&path, most).unwrap_err().to_string(), whole.to_string());
        }
    }
}
