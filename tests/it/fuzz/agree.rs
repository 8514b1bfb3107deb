//! What is asserted of every reader: errors can be told, and the same file gives the same voxels however it is read.

use std::error::Error;
use std::path::Path;

use voxdice::LabelSlice;
use voxdice::error::{FileError, FileErrorKind};
use voxdice::io::labels::{self, LabelReader, Labels};
use voxdice::io::{Image, Scale, StoredType, View, Voxels};

/// Longer messages than this say more than a person reads.
const LONGEST: usize = 6000;

/// An error in words. It begins with its file, and shows nothing of it that could steer a terminal.
pub fn told(error: &(dyn Error + 'static), path: &Path) -> String {
    let text = error.to_string();
    let folder = path.parent().unwrap().display().to_string();
    // Of a pair, or of a header with a data file, it may be the other one.
    assert!(text.starts_with(&folder), "does not begin with {folder}: {text}");
    assert!(text.len() < LONGEST, "{} bytes: {text}", text.len());
    assert!(!text.contains(char::is_control), "control characters: {text:?}");
    let mut cause = error.source();
    while let Some(inner) = cause {
        assert!(!inner.to_string().is_empty());
        cause = inner.source();
    }
    text
}

/// The voxels as bytes, so that a NaN is equal to itself.
pub fn bytes(voxels: &Voxels) -> &[u8] {
    match voxels {
        Voxels::U8(v) => v,
        Voxels::I8(v) => bytemuck::cast_slice(v),
        Voxels::U16(v) => bytemuck::cast_slice(v),
        Voxels::I16(v) => bytemuck::cast_slice(v),
        Voxels::U32(v) => bytemuck::cast_slice(v),
        Voxels::I32(v) => bytemuck::cast_slice(v),
        Voxels::U64(v) => bytemuck::cast_slice(v),
        Voxels::I64(v) => bytemuck::cast_slice(v),
        Voxels::F32(v) => bytemuck::cast_slice(v),
        Voxels::F64(v) => bytemuck::cast_slice(v),
    }
}

pub fn same_voxels(a: &Voxels, b: &Voxels) {
    assert_eq!((a.dtype(), a.len()), (b.dtype(), b.len()));
    assert!(bytes(a) == bytes(b), "other voxels");
}

/// The voxels are as many and of the type as the header says.
pub fn consistent(voxels: &Voxels, shape: &[u64], dtype: StoredType, scale: Option<Scale>) {
    let count = shape.iter().try_fold(1_u64, |count, &length| count.checked_mul(length));
    assert_eq!(Some(voxels.len() as u64), count, "{shape:?}");
    assert_eq!(voxels.dtype(), if scale.is_some() { StoredType::F64 } else { dtype });
}

/// Two readings of one file: the same image, or the same error.
pub fn same_images(a: &Result<Image, FileError>, b: &Result<Image, FileError>, path: &Path) {
    match (a, b) {
        (Ok(a), Ok(b)) => {
            assert_eq!(format!("{:?}", a.header), format!("{:?}", b.header));
            same_voxels(&a.voxels, &b.voxels);
        }
        (Err(a), Err(b)) => assert_eq!(told(a, path), told(b, path)),
        (Ok(_), Err(error)) | (Err(error), Ok(_)) => panic!("once read, once {error}"),
    }
}

/// A view has the voxels that were read, or says why it has none.
pub fn view(path: &Path, data: &[u8], read: &Result<Image, FileError>) {
    match (View::new(path, data), read) {
        (Ok(view), Ok(image)) => {
            assert_eq!(format!("{:?}", view.header()), format!("{:?}", image.header));
            macro_rules! seen {
                ($($variant:ident $type:ty),*) => {
                    match &image.voxels {
                        $(Voxels::$variant(_) => view.voxels::<$type>().map(bytemuck::cast_slice::<$type, u8>),)*
                    }
                };
            }
            let seen =
                seen!(U8 u8, I8 i8, U16 u16, I16 i16, U32 u32, I32 i32, U64 u64, I64 i64, F32 f32, F64 f64).unwrap();
            assert!(seen == bytes(&image.voxels), "other voxels in a view");
        }
        (Err(error), Ok(_)) if error.kind() != FileErrorKind::NotInPlace => panic!("read, and in a view {error}"),
        (Err(error), _) => _ = told(&error, path),
        (Ok(_), Err(error)) => panic!("in a view, and when read {error}"),
    }
}

fn wide(labels: &Labels) -> Vec<u32> {
    match labels {
        Labels::U8(labels) => labels.iter().map(|&label| label.into()).collect(),
        Labels::U16(labels) => labels.iter().map(|&label| label.into()).collect(),
        Labels::U32(labels) => labels.clone(),
    }
}

/// The labels of a file in pieces of at most `most` voxels.
fn pieces(path: &Path, most: usize) -> Result<Vec<u32>, FileError> {
    let mut reader = LabelReader::open(path)?;
    let count: u64 = reader.shape().iter().product();
    let mut labels: Vec<u32> = Vec::new();
    loop {
        let piece = match reader.next_chunk(most) {
            Ok(Some(piece)) => piece,
            Ok(None) => break,
            Err(error) => {
                // And it stays so.
                _ = told(&reader.next_chunk(most).unwrap_err(), path);
                return Err(error);
            }
        };
        assert_eq!(piece.len() as u64, (most as u64).min(count - labels.len() as u64));
        match piece {
            LabelSlice::U8(piece) => labels.extend(piece.iter().map(|&label| u32::from(label))),
            LabelSlice::U16(piece) => labels.extend(piece.iter().map(|&label| u32::from(label))),
            LabelSlice::U32(piece) => labels.extend(piece),
        }
    }
    assert!(reader.next_chunk(most).unwrap().is_none());
    assert_eq!(labels.len() as u64, count);
    Ok(labels)
}

/// Labels that come in pieces are those that come at once, or the error is the same. Gives the labels.
pub fn labels(path: &Path) -> Option<Vec<u32>> {
    let whole = labels::read(path);
    if let Ok(volume) = &whole {
        assert_eq!(volume.census().values().sum::<u64>(), volume.voxels() as u64);
        volume.map().unwrap();
    }
    let many = whole.as_ref().is_ok_and(|volume| volume.voxels() > 1 << 12);
    for most in if many { [1 << 16, 1 << 18] } else { [7, 300] } {
        match (pieces(path, most), &whole) {
            (Ok(found), Ok(whole)) => assert!(found == wide(&whole.labels), "other labels by {most}"),
            (Err(found), Err(whole)) => assert_eq!(told(&found, path), told(whole, path), "by {most}"),
            (Ok(_), Err(error)) => panic!("read by {most}, and as a whole {error}"),
            (Err(error), Ok(_)) => panic!("read as a whole, and by {most} {error}"),
        }
    }
    whole.ok().map(|volume| wide(&volume.labels))
}

/// The layers of a file are its channels.
pub fn layers(path: &Path, image: &Result<Image, FileError>) {
    match (labels::read_layers(path), image) {
        (Ok(layers), Ok(image)) => {
            assert_eq!(layers.len() as u64, image.header.channels);
            let count: usize = layers.iter().map(|layer| layer.voxels()).sum();
            assert_eq!(count, image.voxels.len());
            if let Voxels::U8(voxels) = &image.voxels {
                let all: Vec<u8> =
                    layers.iter().flat_map(|layer| wide(&layer.labels)).map(|label| label as u8).collect();
                assert!(all == *voxels, "other labels in layers");
            }
            layers.iter().for_each(|layer| _ = layer.map().unwrap());
        }
        (Err(error), _) => _ = told(&error, path),
        (Ok(_), Err(error)) => panic!("layers of what cannot be read: {error}"),
    }
}
