//! MetaImage, field by field.

use std::fs;

use voxdice::error::{FileError, FileErrorKind};
use voxdice::io::nifti::AffineSource;
use voxdice::io::{Geometry, Image, Input, StoredType, Units, Voxels, metaimage};

use super::hostile::zlib;

fn file(more: &str, data: &[u8]) -> Vec<u8> {
    let text = format!("ObjectType = Image\nNDims = 2\nDimSize = 3 2\n{more}");
    [text.as_bytes(), b"ElementDataFile = LOCAL\n", data].concat()
}

fn read(more: &str, data: &[u8]) -> Result<Image, FileError> {
    metaimage::read(Input::bytes("a.mha", file(more, data)))
}

fn kind(outcome: Result<Image, FileError>) -> FileErrorKind {
    let error = outcome.unwrap_err();
    assert!(error.to_string().contains("; "), "{error}");
    error.kind()
}

const BYTES: [u8; 6] = [1, 2, 3, 4, 5, 6];

#[test]
fn zlib_gzip_and_text_hold_the_same_voxels() {
    let raw = read("ElementType = MET_UCHAR\n", &BYTES).unwrap();
    assert_eq!(raw.voxels, Voxels::U8(BYTES.to_vec()));
    let packed = "ElementType = MET_UCHAR\nCompressedData = True\n";
    assert_eq!(read(packed, &zlib(&BYTES)).unwrap(), raw);
    assert_eq!(read(packed, &crate::nifti::hostile::gzip(&BYTES)).unwrap(), raw);
    let text = "ElementType = MET_UCHAR\nBinaryData = False\n";
    assert_eq!(read(text, b"1 2 3\n4\t5  6").unwrap(), raw);
    assert_eq!(kind(read(text, b"1 2 3\n4\t5 256 ")), FileErrorKind::BadHeader);
    assert_eq!(kind(read(text, b"1 2 3\n4\t5    ")), FileErrorKind::Truncated);
    let floats = read("ElementType = MET_FLOAT\nBinaryData = F\n", b"1 -2.5 3e-3 4 5 0.1").unwrap();
    assert_eq!(floats.voxels, Voxels::F32(vec![1.0, -2.5, 3e-3, 4.0, 5.0, 0.1]));
}

#[test]
fn a_claim_beyond_what_zlib_can_hold_is_refused_before_it_is_believed() {
    let bytes = [
        b"NDims = 3\nDimSize = 20000 20000 3000\nElementType = MET_DOUBLE\nCompressedData = True\nElementDataFile = LOCAL\n"
            .as_slice(),
        &zlib(&BYTES),
    ]
    .concat();
    let outcome = metaimage::read(Input::bytes("a.mha", bytes));
    assert!(matches!(outcome, Err(FileError::TooSmallForClaim { .. })), "{outcome:?}");
}

#[test]
fn the_other_names_of_fields_and_a_spacing_below_zero() {
    let image =
        read("ElementType = MET_CHAR\nElementSize = 0.5 -2\nPosition = 7 8\nRotation = 0 1 1 0\n", &BYTES).unwrap();
    let Geometry { spacing, affine, units, .. } = image.header.geometry;
    assert_eq!((spacing, units), ([0.5, 2.0, 1.0], Units::Unknown));
    assert_eq!(affine[0], [0.0, 2.0, 0.0, -7.0]);
    assert_eq!(affine[1], [-0.5, 0.0, 0.0, -8.0]);
    assert_eq!(affine[2], [0.0, 0.0, 1.0, 0.0]);
}

/// SUPRA writes the byte order under both of its names.
#[test]
fn a_field_may_have_two_of_its_names_and_one_value() {
    let both = |other: &str| {
        let order = format!("ElementByteOrderMSB = False\nBinaryDataByteOrderMSB = {other}\n");
        read(&format!("ElementType = MET_UCHAR\n{order}"), &[1, 2, 3, 4, 5, 6])
    };
    assert_eq!(both("False").unwrap().voxels, Voxels::U8(vec![1, 2, 3, 4, 5, 6]));
    assert!(both("True").unwrap_err().to_string().contains("twice"));
}

#[test]
fn units_are_millimetres_microns_or_unknown() {
    for (name, expected) in [("mm", Units::Millimetre), ("um", Units::Micron), ("inch", Units::Unknown)] {
        let image = read(&format!("ElementType = MET_UCHAR\nDistanceUnits = {name}\n"), &BYTES).unwrap();
        assert_eq!(image.header.geometry.units, expected, "{name}");
    }
}

#[test]
fn long_has_32_bits_and_either_byte_order() {
    let words: Vec<u8> = (1..=6_i32).flat_map(|word| (-word).to_be_bytes()).collect();
    let image = read("ElementType = MET_LONG\nElementByteOrderMSB = True\n", &words).unwrap();
    assert_eq!(image.header.dtype, StoredType::I32);
    assert_eq!(image.voxels, Voxels::I32(vec![-1, -2, -3, -4, -5, -6]));
}

#[test]
fn fields_that_cannot_be_are_named() {
    for (more, wanted) in [
        ("ElementType = MET_UCHAR\nElementSpacing = 1 nan\n", "ElementSpacing"),
        ("ElementType = MET_UCHAR\nElementSpacing = 1\n", "ElementSpacing"),
        ("ElementType = MET_UCHAR\nTransformMatrix = 1 0 1 0\n", "singular"),
        ("ElementType = MET_UCHAR\nNDims = 2\n", "NDims twice"),
        ("ElementType = MET_UCHAR\nBinaryData = maybe\n", "BinaryData"),
        ("ElementType = MET_UCHAR\nElementNumberOfChannels = 0\n", "ElementNumberOfChannels"),
        ("ElementType = MET_UCHAR\nElementNumberOfChannels = 18446744073709551615\n", "can be counted"),
        ("ElementType = MET_UCHAR\nHeaderSize = -2\n", "HeaderSize"),
        ("ElementType = MET_UCHAR\nCompressedData = True\nHeaderSize = -1\n", "HeaderSize"),
        ("ElementType = MET_UCHAR\nHeaderSize = 9223372036854775807\n", "ends inside the voxels"),
        ("ElementType = MET_UCHAR_ARRAY\n", "MET_UCHAR_ARRAY"),
        ("", "no field ElementType"),
        ("a line\n", "no field; "),
        ("\u{7}Key = 1\n", "no field; "),
        ("Größe = 1\n", "no field; "),
        ("ElementType = MET_UCHAR\nSome Key = 1\nDimSize = 1\n", "DimSize twice"),
    ] {
        let message = read(more, &BYTES).unwrap_err().to_string();
        assert!(message.starts_with("a.mha: ") && message.contains(wanted) && message.contains("; "), "{message}");
    }
}

/// A header from elsewhere must not make a program open whatever it names.
#[test]
fn data_files_lie_in_the_folder_of_the_header() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("inside");
    fs::create_dir_all(inside.join("deeper")).unwrap();
    fs::write(folder.path().join("a.raw"), BYTES).unwrap();
    fs::write(inside.join("deeper/a b.raw"), BYTES).unwrap();
    let absolute = folder.path().join("a.raw");
    let path = inside.join("a.mhd");
    for (name, wanted) in [
        ("deeper/a b.raw", None),
        ("./deeper/a b.raw", None),
        ("../a.raw", Some(FileErrorKind::BadHeader)),
        (absolute.to_str().unwrap(), Some(FileErrorKind::BadHeader)),
        ("", Some(FileErrorKind::BadHeader)),
        ("LIST", Some(FileErrorKind::BadHeader)),
        ("a%03d.raw 1 3 1", Some(FileErrorKind::BadHeader)),
        ("b.raw", Some(FileErrorKind::MissingFile)),
        ("deeper", Some(FileErrorKind::NotAFile)),
    ] {
        fs::write(&path, format!("NDims = 2\nDimSize = 3 2\nElementType = MET_UCHAR\nElementDataFile = {name}\n"))
            .unwrap();
        let outcome = voxdice::io::read(&path);
        match wanted {
            None => assert_eq!(outcome.unwrap().voxels, Voxels::U8(BYTES.to_vec()), "{name}"),
            Some(wanted) => assert_eq!(kind(outcome), wanted, "{name}"),
        }
    }
}

#[test]
fn a_file_is_what_it_starts_as_and_unknown_names_are_told_what_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let bytes = file("ElementType = MET_UCHAR\n", &BYTES);
    for name in ["a.nii", "a", "a.MHA"] {
        assert_eq!(voxdice::io::read(write(name, &bytes)).unwrap().voxels.len(), 6);
    }
    // By its name, whatever is in it; and by what is in it, whatever its name.
    assert_eq!(kind(voxdice::io::read(write("b.nii", b"\x89HDF"))), FileErrorKind::NotNifti);
    assert_eq!(kind(voxdice::io::read(write("b.gz", b"\x89HDF"))), FileErrorKind::BadGzip);
    assert_eq!(kind(voxdice::io::read(write("b", &crate::nifti::hostile::gzip(b"\x89HDF")))), FileErrorKind::NotNifti);
    let error = voxdice::io::read(write("a.h5", b"\x89HDF")).unwrap_err();
    assert_eq!(error.kind(), FileErrorKind::UnknownFormat);
    assert!(error.to_string().contains(".nii.gz") && error.to_string().contains(".nhdr"), "{error}");
    assert_eq!(kind(voxdice::io::read(write("b.mha", b"\x89HDF\n"))), FileErrorKind::UnknownFormat);
    assert_eq!(kind(voxdice::io::read(write("c.mha", b""))), FileErrorKind::Truncated);
    assert_eq!(kind(voxdice::io::read(folder.path().join("none.mha"))), FileErrorKind::MissingFile);
    assert_eq!(kind(voxdice::io::read(folder.path())), FileErrorKind::NotAFile);
    let several = write("d.mha", &file("ElementType = MET_UCHAR\nElementNumberOfChannels = 2\n", &[1; 12]));
    let message = voxdice::io::labels::read(several).unwrap_err().to_string();
    assert!(message.contains("2 numbers per voxel"), "{message}");
}

#[test]
fn a_place_is_known_where_the_file_has_one() {
    let source = |more: &str| read(&format!("{more}ElementType = MET_UCHAR\n"), &BYTES).unwrap().header.geometry.source;
    assert_eq!(source("ElementSpacing = 1 2\n"), AffineSource::Pixdim);
    assert_eq!(source("Offset = 0 0\n"), AffineSource::Directions);
    assert_eq!(source("TransformMatrix = 1 0 0 1\n"), AffineSource::Directions);
}
