//! Volumes that nibabel and SimpleITK wrote (`tests/golden/volumes/make.py`): the same voxels in the same place.

use std::io::Write;

use voxdice::error::FileErrorKind;
use voxdice::io::labels::{self, LabelReader};
use voxdice::io::{self, Input, gipl, mgh};

use super::golden::{self, Golden, floats};

fn files() -> impl Iterator<Item = Golden> {
    golden::of("volumes").into_iter().filter(|file| cfg!(feature = "images") || !file.name.ends_with(".zst"))
}

#[test]
fn volumes_have_the_voxels_and_the_place_that_their_reference_readers_see() {
    for file in files() {
        let name = &file.name;
        let image = io::read(&file.path).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(io::read(Input::bytes(name, file.bytes())).unwrap(), image, "{name}");
        assert_eq!(io::read_header(&file.path).unwrap(), image.header, "{name}");
        assert_eq!((&image.header.shape, image.surplus), (&file.shape(), 0), "{name}");
        assert_eq!(image.header.dtype.name(), file.dtype(), "{name}");
        assert_eq!(Some(floats(&image.voxels)), file.numbers("values"), "{name}");
        if name.starts_with("no_place") {
            assert!(!image.header.geometry.source.has_place(), "{name}");
            continue;
        }
        let affine = image.header.geometry.affine_mm();
        let far = |(a, b): (&f64, f64)| (a - b).abs() > 1e-6;
        assert!(!affine.as_flattened().iter().zip(file.affine()).any(far), "{name}: {affine:?}");
        let sizes: Vec<f64> = image.header.geometry.spacing_mm().to_vec();
        let norm = |axis: usize| (0..3).map(|row| file.affine()[4 * row + axis].powi(2)).sum::<f64>().sqrt();
        assert!(!sizes.iter().zip([norm(0), norm(1), norm(2)]).any(far), "{name}: {sizes:?}");
        let mut reader = LabelReader::open(&file.path).unwrap();
        let mut voxels = 0;
        while let Some(piece) = reader.next_chunk(7).unwrap() {
            voxels += piece.len();
        }
        assert_eq!((voxels, reader.surplus()), (image.voxels.len(), 0), "{name}");
        assert_eq!(labels::read(&file.path).unwrap().voxels(), voxels, "{name}");
    }
}

#[test]
fn no_part_of_a_volume_is_read_as_a_whole_one() {
    for file in files() {
        let bytes = file.bytes();
        for end in (0..bytes.len()).step_by(13) {
            let part = io::read(Input::bytes(&file.name, &bytes[..end]));
            // Behind FreeSurfer's voxels there may be anything.
            if let (Ok(image), true) = (&part, file.name.ends_with(".mgh")) {
                assert_eq!(image.voxels, io::read(&file.path).unwrap().voxels, "{} {end}", file.name);
                continue;
            }
            let error = part.unwrap_err();
            let kinds =
                [FileErrorKind::Truncated, FileErrorKind::BadGzip, FileErrorKind::BadZstd, FileErrorKind::NotNifti];
            assert!(kinds.contains(&error.kind()), "{} {end}: {error}", file.name);
            assert!(error.to_string().starts_with(&file.name), "{error}");
        }
    }
}

#[test]
fn headers_that_cannot_be_are_refused_with_their_field() {
    let of = |name: &str| files().find(|file| file.name == name).unwrap().bytes();
    let changed = |name: &str, at: usize, new: &[u8]| {
        let mut bytes = of(name);
        bytes[at..at + new.len()].copy_from_slice(new);
        io::read(Input::bytes(name, bytes)).unwrap_err().to_string()
    };
    for (at, new, part) in [
        (0, [0, 0, 0, 2], "the field version is 2"),
        (4, [0, 0, 0, 0], "the field width is 0"),
        (16, [0x80, 0, 0, 0], "the field frames is -2147483648"),
        (20, [0, 0, 0, 2], "the field type is 2"),
        (30, [0x7f, 0xc0, 0, 0], "the affine is not finite"),
        (30, [0; 4], "the affine is singular"),
        (4, [0x7f, 0xff, 0xff, 0xff], "the file ends inside the voxels"),
    ] {
        let message = changed("plain.mgh", at, &new);
        assert!(message.contains(part), "{message}");
    }
    for (at, new, part) in [
        (252, [0, 0, 0, 0], "the field magic is [00, 00, 00, 00]"),
        (0, [0, 0, 0, 4], "the field dim is [0, 4, 3]"),
        (8, [0, 1, 0x3f, 0], "the type 1 of GIPL cannot be read"),
        (0, [0xff, 0xff, 0xff, 0xff], "the file ends inside the voxels"),
        (204, [0x7f, 0xf8, 0, 0], "the affine is not finite"),
    ] {
        let message = changed("u1.gipl", at, &new);
        assert!(message.contains(part), "{message}");
    }
}

/// A bomb: a header of gigabytes, and a stream that is too short for them.
#[test]
fn packed_headers_that_lie_are_refused_before_memory_is_taken() {
    let gzip = |bytes: &[u8]| {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(bytes).unwrap();
        packed.finish().unwrap()
    };
    let file = |name: &str| files().find(|file| file.name == name).unwrap().bytes();
    let mut mgz = file("plain.mgh");
    mgz[4..16].copy_from_slice([0x10_00_u32; 3].map(u32::to_be_bytes).as_flattened());
    let error = mgh::read(Input::bytes("a.mgz", gzip(&mgz))).unwrap_err();
    assert_eq!(error.kind(), FileErrorKind::Truncated, "{error}");
    let mut packed = file("u1.gipl");
    packed[..6].copy_from_slice(&[0x10, 0, 0x10, 0, 0x10, 0]);
    let error = gipl::read(Input::bytes("a.gipl.gz", gzip(&packed))).unwrap_err();
    assert_eq!(error.kind(), FileErrorKind::Truncated, "{error}");
}

/// Programs that compress in parallel begin with a frame that is to be skipped.
#[cfg(feature = "images")]
#[test]
fn a_frame_to_skip_may_come_first() {
    let whole = files().find(|file| file.name == "frames.nii.zst").unwrap().bytes();
    let sound = io::read(Input::bytes("a.nii.zst", whole.clone())).unwrap();
    let of = |magic: u8, length: u32, content: &[u8]| {
        let bytes = [&[magic, 0x2a, 0x4d, 0x18], &length.to_le_bytes()[..], content, &whole].concat();
        io::read(Input::bytes("a.nii.zst", bytes))
    };
    for magic in [0x50, 0x5f] {
        assert_eq!(of(magic, 0, &[]).unwrap(), sound);
        assert_eq!(of(magic, 5, b"hello").unwrap(), sound);
    }
    assert!(of(0x4f, 0, &[]).is_err() && of(0x50, u32::MAX, &[]).is_err());
}

/// One bit anywhere: the checksum of a frame tells, where it has one.
#[cfg(feature = "images")]
#[test]
fn checksums_of_zstandard_are_verified() {
    let whole = files().find(|file| file.name == "frames.nii.zst").unwrap().bytes();
    let sound = io::read(Input::bytes("a.nii.zst", whole.clone())).unwrap();
    for at in 0..whole.len() {
        let mut wrong = whole.clone();
        wrong[at] ^= 1;
        // Only the content of the frame that is skipped has none, and the reserved bits of a header.
        if let Ok(image) = io::read(Input::bytes("a.nii.zst", wrong)) {
            assert_eq!(image, sound, "byte {at}");
        }
    }
}
