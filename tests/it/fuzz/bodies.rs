//! What is done with the bytes of a fuzzer, reader by reader, and what is asserted. The targets in `fuzz/` and the short
//! tests beside this file call the same functions.

use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use voxdice::error::{FileError, FileErrorKind, NpzFault};
use voxdice::io::nifti::{self, Voxel};
use voxdice::io::npy::{self, Elements, Order};
use voxdice::io::{self, Format, Image, Input, Voxels, bmp, gipl, metaimage as image, mgh, nrrd, soft};
use voxdice::metric::{Given, Loss};

use super::agree::{self, bytes, consistent, same_images, same_voxels, told};
use super::packed::{Walk, walk, zlib};
use super::scratch::{self, Scratch};

/// A body and its name, which its fuzz target has too.
pub type Body = (&'static str, fn(&[u8]));

/// Every body.
pub const ALL: &[Body] = &[
    ("nifti", nifti),
    ("nifti_pair", nifti_pair),
    ("packed", packed),
    ("nrrd", nrrd),
    ("metaimage", metaimage),
    ("npy", npy),
    ("npz", npz),
    ("seg_nrrd", seg_nrrd),
    ("mgh", mgh),
    ("gipl", gipl),
    ("bmp", bmp),
    #[cfg(feature = "images")]
    ("png", png),
    #[cfg(feature = "images")]
    ("tiff", tiff),
    #[cfg(feature = "images")]
    ("nifti_zst", nifti_zst),
    ("loss_call", loss_call),
];

pub fn gzip(data: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(data).unwrap();
    packed.finish().unwrap()
}

/// Both read, or both refused.
fn same_outcome(a: &Result<nifti::Image, FileError>, b: &Result<nifti::Image, FileError>) {
    match (a, b) {
        (Ok(a), Ok(b)) => {
            assert_eq!(format!("{:?}", a.header), format!("{:?}", b.header));
            same_voxels(&a.voxels, &b.voxels);
        }
        (Err(_), Err(_)) => {}
        (Ok(_), Err(error)) | (Err(error), Ok(_)) => panic!("once read, once {error}"),
    }
}

/// `.nii` and `.nii.gz`: the bytes are the file.
pub fn nifti(data: &[u8]) {
    scratch::with(|folder| {
        let path = folder.file("a.nii", data);
        let read = nifti::read(Input::bytes(&path, data));
        let from_disk = nifti::read(&path);
        match (&read, &from_disk) {
            (Err(a), Err(b)) => assert_eq!(told(a, &path), told(b, &path)),
            _ => same_outcome(&read, &from_disk),
        }
        if let Ok(image) = &read {
            let header = &image.header;
            consistent(&image.voxels, &header.shape, header.dtype, header.scale);
            assert_eq!(format!("{:?}", nifti::read_header(&path).unwrap()), format!("{header:?}"));
            written(folder, image);
        }
        // Content goes before the name, so these bytes may be of another format.
        let any = io::read(&path);
        if any.as_ref().is_ok_and(|image| image.header.format == Format::NIFTI) {
            same_voxels(&any.as_ref().unwrap().voxels, &read.as_ref().unwrap().voxels);
        }
        agree::view(&path, data, &any);
        agree::labels(&path);
        softly(&path);
        if !data.starts_with(&[0x1f, 0x8b]) && !data.is_empty() {
            same_outcome(&read, &nifti::read(Input::bytes(&path, gzip(data))));
        }
    });
}

/// What can be written comes back.
fn written(folder: &Scratch, image: &nifti::Image) {
    if image.voxels.len() > 1 << 12 {
        return;
    }
    fn write<T: Voxel>(path: &Path, image: &nifti::Image, voxels: &[T]) -> Result<(), FileError> {
        nifti::write(path, &image.header.shape, &image.header.geometry, voxels)
    }
    let path = folder.path("written.nii");
    macro_rules! write {
        ($($variant:ident),*) => {
            match &image.voxels {
                $(Voxels::$variant(voxels) => write(&path, image, voxels),)*
            }
        };
    }
    match write!(U8, I8, U16, I16, U32, I32, U64, I64, F32, F64) {
        Ok(()) => {
            let back = nifti::read(&path).unwrap();
            assert_eq!(back.header.shape, image.header.shape);
            same_voxels(&back.voxels, &image.voxels);
        }
        Err(error) => {
            assert_eq!(error.kind(), FileErrorKind::Unwritable, "{error}");
            told(&error, &path);
        }
    }
}

fn softly(path: &Path) {
    match soft::read(path) {
        Ok(volume) => {
            let count: usize = volume.axes.iter().product();
            let found = match &volume.values {
                soft::Values::F64(values) => values.len(),
                soft::Values::F32(values) => values.len(),
                soft::Values::F16(values) | soft::Values::U16(values) => values.len(),
                soft::Values::U8(values) => values.len(),
            };
            assert_eq!(found, count);
        }
        Err(error) => _ = told(&error, path),
    }
}

/// `.hdr` with `.img`: the bytes are one after the other, as the header's own length says.
pub fn nifti_pair(data: &[u8]) {
    let first = data.first_chunk().copied().unwrap_or([0; 4]);
    let is_two = [i32::from_le_bytes(first), i32::from_be_bytes(first)].contains(&540);
    let (header, voxels) = data.split_at(data.len().min(if is_two { 540 } else { 348 }));
    scratch::with(|folder| {
        let (of_header, of_voxels) = (folder.file("a.hdr", header), folder.file("a.img", voxels));
        let (read, same) = (nifti::read(&of_header), nifti::read(&of_voxels));
        match (&read, &same) {
            (Err(a), Err(b)) => assert_eq!(told(a, &of_header), told(b, &of_voxels)),
            _ => same_outcome(&read, &same),
        }
        if let Ok(image) = &read {
            let header = &image.header;
            consistent(&image.voxels, &header.shape, header.dtype, header.scale);
        }
        agree::labels(&of_header);
        if !header.starts_with(&[0x1f, 0x8b]) && !header.is_empty() {
            let packed = folder.file("b.hdr.gz", &gzip(header));
            folder.file("b.img.gz", &gzip(voxels));
            same_outcome(&read, &nifti::read(&packed));
        }
    });
}

/// Gzip and zlib streams around the voxels of text headers: the bytes are the stream.
pub fn packed(data: &[u8]) {
    let wrong_sums = match walk(data) {
        Walk::Sound(content) => {
            members(data, Some(&content));
            None
        }
        Walk::Unsigned(repaired) => Some(repaired),
        Walk::Broken => {
            members(data, None);
            None
        }
    };
    if let Some(repaired) = wrong_sums {
        members(data, None);
        let Walk::Sound(content) = walk(&repaired) else { panic!("a repaired stream is not sound") };
        members(&repaired, Some(&content));
    }
    if !data.starts_with(&[0x1f, 0x8b]) {
        let content = zlib(data);
        let count = content.as_ref().map_or(1, Vec::len).max(1);
        let header = format!(
            "ObjectType = Image\nNDims = 1\nDimSize = {count}\nElementType = MET_UCHAR\nCompressedData = True\n\
             ElementDataFile = LOCAL\n"
        );
        inside("a.mha", &[header.as_bytes(), data].concat(), content.as_deref());
    }
}

fn members(data: &[u8], content: Option<&[u8]>) {
    let count = content.map_or(1, <[u8]>::len).max(1);
    // All of the content is voxels, and then all but one byte of it follows them.
    for count in if count > 1 { vec![count, 1] } else { vec![count] } {
        let header = format!("NRRD0004\ntype: uchar\ndimension: 1\nsizes: {count}\nencoding: gzip\n\n");
        let content = content.map(|content| &content[..count.min(content.len())]);
        inside("a.nrrd", &[header.as_bytes(), data].concat(), content);
    }
}

/// A file whose voxels are this content, or which is refused.
fn inside(name: &str, file: &[u8], content: Option<&[u8]>) {
    scratch::with(|folder| {
        let path = folder.file(name, file);
        match (io::read(&path), content.filter(|content| !content.is_empty())) {
            (Ok(image), Some(content)) => assert!(bytes(&image.voxels) == content, "other content"),
            (Err(error), None) => _ = told(&error, &path),
            (Ok(_), None) => panic!("a damaged stream was read"),
            (Err(error), Some(content)) => panic!("a sound stream of {} bytes: {error}", content.len()),
        }
        agree::labels(&path);
    });
}

/// The properties of a format of pictures, or of any whose voxels are one stream: the bytes are the file.
fn of_picture(name: &str, data: &[u8], format: Format, read: fn(Input) -> Result<Image, FileError>) {
    scratch::with(|folder| {
        let path = folder.file(name, data);
        let of_bytes = read(Input::bytes(&path, data));
        same_images(&of_bytes, &read(Input::from(&path)), &path);
        if let Ok(image) = &of_bytes {
            let header = &image.header;
            consistent(&image.voxels, &header.shape, header.dtype, header.scale);
            assert_eq!((header.format, header.channels), (format, 1));
        }
        let any = io::read(&path);
        match (&any, io::read_header(&path)) {
            (Ok(image), header) => assert_eq!(format!("{:?}", header.unwrap()), format!("{:?}", image.header)),
            (Err(_), Err(error)) => _ = told(&error, &path),
            (Err(error), Ok(_)) => _ = told(error, &path),
        }
        agree::view(&path, data, &any);
        agree::labels(&path);
        softly(&path);
    });
}

/// `.npz`: the bytes are the archive, and each array that it says to have is read as well.
pub fn npz(data: &[u8]) {
    scratch::with(|folder| {
        let path = folder.file("a.npz", data);
        let any = io::read(&path);
        same_images(&io::read(Input::bytes(&path, data)), &any, &path);
        if let Ok(image) = &any {
            let header = &image.header;
            consistent(&image.voxels, &header.shape, header.dtype, header.scale);
            assert_eq!(format!("{:?}", io::read_header(&path).unwrap()), format!("{header:?}"));
        }
        agree::labels(&path);
        softly(&path);
        let Err(FileError::Npz { fault: NpzFault::Several(names), .. }) = any else { return };
        for name in names {
            let member = PathBuf::from(format!("{}:{name}", path.display()));
            match io::read(&member) {
                Ok(image) => consistent(&image.voxels, &image.header.shape, image.header.dtype, image.header.scale),
                Err(error) => _ = told(&error, &member),
            }
        }
    });
}

/// `.mgh` and `.mgz`: the bytes are the file.
pub fn mgh(data: &[u8]) {
    of_picture("a.mgz", data, Format::MGH, mgh::read);
}

/// `.gipl` and `.gipl.gz`: the bytes are the file.
pub fn gipl(data: &[u8]) {
    of_picture("a.gipl", data, Format::GIPL, gipl::read);
}

/// `.tif`: the bytes are the file.
#[cfg(feature = "images")]
pub fn tiff(data: &[u8]) {
    of_picture("a.tif", data, Format::TIFF, io::tiff::read);
}

/// `.nii.zst`: the bytes are the stream.
#[cfg(feature = "images")]
pub fn nifti_zst(data: &[u8]) {
    fn read(input: Input) -> Result<Image, FileError> {
        io::read(input)
    }
    if data.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        of_picture("a.nii.zst", data, Format::NIFTI, read);
    }
}

/// `.bmp`: the bytes are the file.
pub fn bmp(data: &[u8]) {
    of_picture("a.bmp", data, Format::BMP, bmp::read);
}

/// `.png`: the bytes are the file, and once more with the checksums that its chunks should have, so that the fuzzer is not
/// stopped by what it cannot guess.
#[cfg(feature = "images")]
pub fn png(data: &[u8]) {
    of_picture("a.png", data, Format::PNG, io::png::read);
    let mut repaired = data.to_vec();
    let mut at = 8;
    while let Some(length) = repaired.get(at..at + 4).and_then(|word| word.first_chunk().copied()) {
        let end = (at + 8).saturating_add(u32::from_be_bytes(length) as usize);
        let Some(content) = repaired.get(at + 4..end) else { break };
        let mut sum = flate2::Crc::new();
        sum.update(content);
        if let Some(place) = repaired.get_mut(end..end + 4) {
            place.copy_from_slice(&sum.sum().to_be_bytes());
        }
        at = end + 4;
    }
    if repaired != data {
        of_picture("a.png", &repaired, Format::PNG, io::png::read);
    }
}

/// Files that a header may name as its data, in a folder and beside bytes.
fn data_files(folder: &Scratch, mut input: Input) -> Input {
    let all: Vec<u8> = (0..=255).chain(0..=255).collect();
    let text = all.iter().map(|v| format!("{v} ")).collect::<String>();
    for (name, bytes) in [("v.raw", &all), ("v.gz", &gzip(&all)), ("v.txt", &text.into_bytes())] {
        if !folder.path(name).exists() {
            folder.file(name, bytes);
        }
        input = input.with(folder.path(name), &bytes[..]);
    }
    input
}

/// The properties of a format with a header of text: the bytes are the file with the header.
fn of_text(name: &str, data: &[u8], format: Format, read: fn(Input) -> Result<Image, FileError>) {
    scratch::with(|folder| {
        let path = folder.file(name, data);
        let of_bytes = read(data_files(folder, Input::bytes(&path, data)));
        match (&of_bytes, read(Input::from(&path))) {
            (Err(FileError::NotGiven { .. }), Err(error)) => {
                let kinds = [FileErrorKind::MissingFile, FileErrorKind::NotAFile];
                assert!(kinds.contains(&error.kind()), "{error}");
            }
            (_, from_disk) => same_images(&of_bytes, &from_disk, &path),
        }
        if let Ok(image) = &of_bytes {
            let header = &image.header;
            consistent(&image.voxels, &header.shape, header.dtype, header.scale);
            assert_eq!((header.format, header.shape.contains(&0)), (format, false));
            assert!(header.channels == 1 || header.shape.last() == Some(&header.channels));
        }
        let any = io::read(&path);
        match (&any, io::read_header(&path)) {
            (Ok(image), header) => assert_eq!(format!("{:?}", header.unwrap()), format!("{:?}", image.header)),
            (Err(_), Err(error)) => _ = told(&error, &path),
            (Err(error), Ok(_)) => _ = told(error, &path),
        }
        agree::view(&path, data, &any);
        agree::layers(&path, &any);
        agree::labels(&path);
    });
}

/// `.nrrd`, and headers whose data are in a file beside them.
pub fn nrrd(data: &[u8]) {
    of_text("a.nrrd", data, Format::NRRD, nrrd::read);
}

/// `.mha`, and headers whose data are in a file beside them.
pub fn metaimage(data: &[u8]) {
    of_text("a.mha", data, Format::META_IMAGE, image::read);
}

/// `.seg.nrrd`: the names of segments, and the layers in which they are.
pub fn seg_nrrd(data: &[u8]) {
    scratch::with(|folder| {
        let path = folder.file("a.seg.nrrd", data);
        let input = data_files(folder, Input::bytes(&path, data));
        let (segments, of_bytes) = (nrrd::segments(&path), nrrd::segments(input));
        assert_eq!(format!("{segments:?}"), format!("{of_bytes:?}"));
        match segments {
            Ok(segments) => {
                // A segment needs a key at least.
                assert!(segments.len() <= data.len() / "Segment0_ID:=\n".len());
                assert!(segments.iter().all(|segment| segment.name.len() <= 3 * data.len() + 32));
            }
            Err(error) => {
                told(&error, &path);
                use voxdice::error::HeaderFault::{Key, KeyTwice};
                let is_key = matches!(error, FileError::Header { fault: Key { .. } | KeyTwice { .. }, .. });
                assert!(is_key || io::read(&path).is_err(), "segments refused, and the image read: {error}");
            }
        }
        let image = nrrd::read(&path);
        agree::layers(&path, &image);
        agree::labels(&path);
    });
}

/// `.npy`: the bytes are the file.
pub fn npy(data: &[u8]) {
    scratch::with(|folder| {
        let path = folder.file("a.npy", data);
        match npy::read(&path) {
            Ok(array) => {
                let found = match &array.elements {
                    Elements::F16(bits) => bits.len(),
                    Elements::Bool(values) => {
                        assert!(values.iter().all(|&value| value < 2));
                        values.len()
                    }
                    Elements::Plain(voxels) => voxels.len(),
                };
                assert_eq!(Some(found as u64), array.shape.iter().try_fold(1_u64, |n, &axis| n.checked_mul(axis)));
                if let Elements::Plain(Voxels::F32(values)) = &array.elements {
                    array_written(folder, &array.shape, values);
                }
            }
            Err(error) => _ = told(&error, &path),
        }
        agree::labels(&path);
        softly(&path);
    });
}

/// An array that is written in either order comes back, its last axis fastest.
fn array_written(folder: &Scratch, shape: &[u64], values: &[f32]) {
    for order in [Order::RowMajor, Order::ColumnMajor] {
        let path = folder.path("written.npy");
        npy::write(&path, shape, order, values).unwrap();
        let back = npy::read(&path).unwrap();
        assert_eq!(back.shape, shape);
        let Elements::Plain(Voxels::F32(back)) = back.elements else { panic!("another type") };
        assert_eq!(back.len(), values.len());
        for (place, value) in back.iter().enumerate() {
            let from = if order == Order::RowMajor { place } else { first_fastest(place, shape) };
            assert_eq!(value.to_bits(), values[from].to_bits(), "element {place} of {shape:?}");
        }
    }
}

/// Where the element at this place in row-major order lies with its first axis fastest.
fn first_fastest(place: usize, shape: &[u64]) -> usize {
    let (mut rest, mut from, mut stride) = (place, 0, 1);
    let mut index = vec![0; shape.len()];
    for (axis, &length) in shape.iter().enumerate().rev() {
        index[axis] = rest % length as usize;
        rest /= length as usize;
    }
    for (axis, &length) in shape.iter().enumerate() {
        from += index[axis] * stride;
        stride *= length as usize;
    }
    from
}

/// The constructor call of a library's loss: spaces change nothing, errors steer no terminal, and what is understood can be
/// made for some volumes, or is refused.
pub fn loss_call(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let told = |error: voxdice::Error| {
        let message = error.to_string();
        assert!(!message.chars().any(char::is_control), "{message:?}");
        message
    };
    let call = match (Loss::from_call(&text), Loss::from_call(&format!("{text}\n "))) {
        (Ok(call), Ok(spaced)) => {
            assert_eq!((call.class(), call.version()), (spaced.class(), spaced.version()));
            call
        }
        (Err(error), Err(_)) => return drop(told(error)),
        _ => panic!("spaces change what is read"),
    };
    for given in
        [Given::new(2, 3, vec![4, 5]), Given::new(1, 1, vec![4]).with_mask(), Given::new(2, 3, vec![4]).with_labels()]
    {
        match call.recipe(&given).and_then(|recipe| recipe.objective()) {
            Ok(objective) => assert!(objective.terms().count() > 0),
            Err(error) => drop(told(error)),
        }
    }
}
