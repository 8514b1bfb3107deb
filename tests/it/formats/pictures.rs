//! Pictures that Pillow and tifffile wrote (`tests/golden/pictures/make.py`): the same numbers, as labels, and what
//! is no label map.

use std::fs;

use voxdice::LabelSlice;
use voxdice::error::FileErrorKind;
use voxdice::io::labels::{self, LabelOptions, LabelReader, White};
use voxdice::io::{self, AffineSource, Input, Meaning, bmp};

use super::golden::{self, Golden, floats};
use crate::root::root;

/// Those that this build reads.
fn files() -> impl Iterator<Item = Golden> {
    golden::of("pictures").into_iter().filter(|file| cfg!(feature = "images") || file.name.ends_with(".bmp"))
}

fn piece(labels: LabelSlice<'_>) -> Vec<f64> {
    match labels {
        LabelSlice::U8(v) => v.iter().map(|&v| v.into()).collect(),
        LabelSlice::U16(v) => v.iter().map(|&v| v.into()).collect(),
        LabelSlice::U32(v) => v.iter().map(|&v| v.into()).collect(),
    }
}

#[test]
fn pictures_hold_the_numbers_that_their_writers_were_given() {
    let mut read = 0;
    for file in files() {
        let name = &file.name;
        let bytes = Input::bytes(&file.path, file.bytes());
        if let Some(error) = file.text("error") {
            for message in [io::read(&file.path).unwrap_err(), labels::read(&bytes).unwrap_err()] {
                let message = message.to_string();
                assert!(message.contains(error) && message.contains(name), "{message}");
            }
            continue;
        }
        let image = io::read(&file.path).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(io::read_header(&file.path).unwrap(), image.header, "{name}");
        assert_eq!((image.header.channels, image.surplus), (1, 0), "{name}");
        assert_eq!(image.header.shape, file.shape(), "{name}");
        if !name.ends_with(".png") && !name.ends_with(".bmp") {
            let packed = ["voc", "1bit", "as_rgb"].iter().any(|part| name.contains(part));
            assert!(packed || image.header.dtype.name() == file.dtype(), "{name}: {}", image.header.dtype);
        }
        let spacing = image.header.geometry.spacing_mm().to_vec();
        let says = file.numbers("spacing");
        assert_eq!(image.header.geometry.source == AffineSource::Unsaid, says.is_none(), "{name}");
        let far = |(a, b): (f64, f64)| (a - b).abs() > 1e-12;
        assert!(!says.is_some_and(|says| spacing.into_iter().zip(says).any(far)), "{name}");
        let values = file.numbers("values").unwrap();
        assert_eq!(floats(&image.voxels), values, "{name}");
        if name != "nnunet.tif" {
            assert_eq!(io::read(&bytes).unwrap(), image, "{name}");
        }
        if values.iter().any(|value| *value < 0.0 || value.fract() != 0.0) {
            assert_eq!(labels::read(&file.path).unwrap_err().kind(), FileErrorKind::NotALabelMap, "{name}");
            continue;
        }
        let volume = labels::read(&file.path).unwrap();
        assert_eq!(volume.white, file.numbers("labels").is_some(), "{name}");
        let expected = file.numbers("labels").unwrap_or(values);
        assert_eq!(piece(volume.labels.slice()), expected, "{name}");
        let mut reader = LabelReader::open(&bytes).unwrap();
        let mut pieces = Vec::new();
        while let Some(labels) = reader.next_chunk(10).unwrap() {
            pieces.extend(piece(labels));
        }
        assert_eq!((pieces, reader.white()), (expected, volume.white), "{name}");
        read += 1;
    }
    assert!(read >= if cfg!(feature = "images") { 73 } else { 8 }, "{read}");
}

#[test]
fn white_stays_a_number_where_that_is_asked_for() {
    let path = root().join("tests/golden/pictures/mask255.bmp");
    let options = LabelOptions { white: White::Number, ..LabelOptions::default() };
    let volume = labels::read_with(&path, &options).unwrap();
    assert_eq!((volume.white, volume.census().into_keys().collect::<Vec<_>>()), (false, vec![0, 255]));
    let options = LabelOptions { threshold: Some(200.0), ..LabelOptions::default() };
    let volume = labels::read_with(&path, &options).unwrap();
    assert_eq!((volume.white, volume.census().into_keys().collect::<Vec<_>>()), (false, vec![0, 1]));
}

#[test]
fn a_palette_of_grey_is_brightness_and_others_are_places() {
    let meaning = |name: &str| bmp::read_header(root().join("tests/golden/pictures").join(name)).unwrap().meaning;
    assert_eq!(meaning("grey8.bmp"), Meaning::Brightness);
    assert_eq!(meaning("grey_as_rgb.bmp"), Meaning::Brightness);
    assert_eq!([meaning("voc.bmp"), meaning("mask1bit.bmp")], [Meaning::Palette; 2]);
}

/// Every picture, cut off anywhere: an error that names the file, and never more memory than the file can fill.
#[test]
fn no_part_of_a_picture_is_read_as_a_whole_one() {
    for file in files().filter(|file| file.text("error").is_none()) {
        let (bytes, name) = (file.bytes(), &file.name);
        // A bitmap ends with its last pixel, and the padding behind that; a TIFF with anything.
        let whole = if name.ends_with(".bmp") { bytes.len() - 3 } else { bytes.len() };
        for end in (0..whole).step_by(7 + whole / 200) {
            let part = io::read(Input::bytes(name, &bytes[..end]));
            let error = match part {
                Ok(image) if !name.ends_with(".png") => {
                    assert_eq!(image.voxels, io::read(&file.path).unwrap().voxels, "{name} {end}");
                    continue;
                }
                part => part.unwrap_err(),
            };
            let kinds = [
                FileErrorKind::BadPicture,
                FileErrorKind::Truncated,
                FileErrorKind::UnknownFormat,
                FileErrorKind::BadDims,
            ];
            assert!(kinds.contains(&error.kind()) && error.to_string().starts_with(name), "{name} {end}: {error}");
            // Which no writer's strips do.
            assert!(!error.to_string().contains("overlap"), "{name} {end}: {error}");
        }
    }
}

/// Headers that announce more than any file of this length can hold.
#[test]
fn sizes_that_lie_are_refused_before_memory_is_taken() {
    let mut bytes = fs::read(root().join("tests/golden/pictures/grey8.bmp")).unwrap();
    for (at, value) in [(18, i32::MAX), (22, i32::MAX), (22, i32::MIN), (18, -1), (18, 0), (10, 53)] {
        let mut wrong = bytes.clone();
        wrong[at..at + 4].copy_from_slice(&value.to_le_bytes());
        let error = bmp::read(Input::bytes("a.bmp", wrong)).unwrap_err();
        assert!(matches!(error.kind(), FileErrorKind::Truncated | FileErrorKind::BadPicture), "{error}");
    }
    bytes.truncate(60);
    assert!(bmp::read_header(Input::bytes("a.bmp", bytes)).is_ok());
}

/// Without a mask for it the fourth byte of 32 bits is no opacity.
#[test]
fn a_bitmap_without_a_mask_of_opacity_has_none() {
    let bitmap = |opacity: u32| {
        let mut bytes = [0; 130];
        bytes[..2].copy_from_slice(b"BM");
        let masks = [(54, 0x00ff_0000), (58, 0x0000_ff00), (62, 0x0000_00ff), (66, opacity)];
        // The pixels' place, and of the second header its length, the size, one plane of 32 bits, and that masks follow.
        let words = [(10, 122), (14, 108), (18, 2), (22, 1), (26, 32 << 16 | 1), (30, 3)];
        for (at, word) in words.into_iter().chain(masks) {
            bytes[at..at + 4].copy_from_slice(&u32::to_le_bytes(word));
        }
        bytes[122..].copy_from_slice(&[7, 7, 7, 1, 9, 9, 9, 2]);
        bmp::read(Input::bytes("a.bmp", bytes))
    };
    assert_eq!(bitmap(0).unwrap().voxels, io::Voxels::U8(vec![7, 9]));
    assert!(bitmap(0xff00_0000).unwrap_err().to_string().contains("transparent"));
}

#[cfg(feature = "images")]
mod with_decoders {
    use super::*;
    use voxdice::io::png;

    #[test]
    fn a_png_that_lies_about_its_size_is_refused_before_memory_is_taken() {
        let bytes = fs::read(root().join("tests/golden/pictures/grey8.png")).unwrap();
        for (width, height) in [(u32::MAX >> 1, 1), (1, u32::MAX >> 1), (1 << 20, 1 << 20), (11, 7 << 20)] {
            let mut wrong = bytes.clone();
            wrong[16..20].copy_from_slice(&width.to_be_bytes());
            wrong[20..24].copy_from_slice(&height.to_be_bytes());
            let mut sum = flate2::Crc::new();
            sum.update(&wrong[12..29]);
            wrong[29..33].copy_from_slice(&sum.sum().to_be_bytes());
            let error = png::read(Input::bytes("a.png", wrong)).unwrap_err();
            assert!(matches!(error.kind(), FileErrorKind::Truncated | FileErrorKind::BadPicture), "{error}");
        }
    }

    /// One bit of the pixels changed: the checksum of its chunk tells.
    #[test]
    fn checksums_of_a_png_are_verified() {
        let bytes = fs::read(root().join("tests/golden/pictures/grey8.png")).unwrap();
        for at in 33..bytes.len() {
            let mut wrong = bytes.clone();
            wrong[at] ^= 1;
            assert!(png::read(Input::bytes("a.png", wrong)).is_err(), "byte {at}");
        }
    }

    #[test]
    fn what_is_called_png_and_is_none_is_told_by_its_first_bytes() {
        let bytes = fs::read(root().join("tests/golden/pictures/mask.jpg")).unwrap();
        let message = io::read(Input::bytes("a.png", bytes)).unwrap_err().to_string();
        assert!(message.contains("JPEG"), "{message}");
        let message = io::read(Input::bytes("a.png", *b"text, no picture")).unwrap_err().to_string();
        assert!(message.contains("the PNG file is damaged"), "{message}");
    }

    /// What programs read differently, or would be read as numbers that it does not mean. The tag that says so stands in the
    /// place of one that says nothing of pixels.
    #[test]
    fn a_tiff_that_others_read_differently_is_refused() {
        let sound = fs::read(root().join("tests/golden/pictures/u8.tif")).unwrap();
        let unit = [296u16, 3].map(u16::to_le_bytes).concat();
        let at = sound.windows(4).position(|bytes| bytes == unit).unwrap();
        for (tag, value, part) in [
            (266u16, 2u16, "the bits of a byte the other way round"),
            (274, 6, "turned or mirrored"),
            (32_997, 5, "several slices in one page"),
        ] {
            let mut bytes = sound.clone();
            bytes[at..at + 2].copy_from_slice(&tag.to_le_bytes());
            assert!(io::read(Input::bytes("a.tif", bytes.clone())).is_ok(), "{tag} of 1 is usual");
            bytes[at + 8..at + 10].copy_from_slice(&value.to_le_bytes());
            let message = io::read(Input::bytes("a.tif", bytes)).unwrap_err().to_string();
            assert!(message.contains(part), "{message}");
        }
    }
}
