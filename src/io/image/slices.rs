//! Pictures that are the slices of one volume.

use crate::error::FileError;
use crate::io::geometry::Geometry;
use crate::io::header::Header;
use crate::io::input::FileRef;
use crate::io::picture::unsupported;
use crate::io::stream::{Parts, Stream};
use crate::io::unread::{Layout, Unread};
use crate::io::voxels::{ByteOrder, count};

/// The header of the volume: that of the first slice, with their number as the third axis. All slices have to be alike.
pub(super) fn header(file: &FileRef<'_>, slices: &[FileRef<'static>]) -> Result<Header, FileError> {
    let Some((first, others)) = slices.split_first() else {
        return Err(unsupported(file.path(), "a volume without slices", "name a folder with pictures"));
    };
    let mut header = super::header(first)?;
    if header.shape.len() != 2 || header.scale.is_some() {
        let what = format!("a slice of {} axes", header.shape.len());
        return Err(unsupported(first.path(), what, "give pictures of one slice each, or name this file alone"));
    }
    for other in others {
        let slice = super::header(other)?;
        let of = |header: &Header| (header.format, header.shape.clone(), header.dtype, header.meaning);
        if of(&slice) != of(&header) {
            let told = |header: &Header| {
                let shape: Vec<String> = header.shape.iter().map(u64::to_string).collect();
                format!("{} of {} {}", header.format, shape.join(" x "), header.dtype)
            };
            let what = format!("a slice that is {} where the first is {}", told(&slice), told(&header));
            return Err(unsupported(other.path(), what, "write all slices alike, or take this one out of the folder"));
        }
    }
    header.shape.push(slices.len() as u64);
    count(file.path(), &header.shape, header.dtype)?;
    // How far apart slices are no picture says.
    header.geometry = Geometry::unsaid();
    Ok(header)
}

pub(super) fn unread<'a>(file: &FileRef<'a>, slices: &[FileRef<'static>]) -> Result<(Header, Unread<'a>), FileError> {
    let header = header(file, slices)?;
    let count = header.voxel_count();
    let layout = Layout { dtype: header.dtype, count, byte_order: ByteOrder::NATIVE, scale: None };
    let declared = count.saturating_mul(layout.dtype.size());
    let parts = Slices { slices: slices.to_vec(), next: 0 };
    Ok((header, Unread::new(Stream::of_parts(parts, declared, file.path()), layout, declared)))
}

/// All slices, and which one comes next.
struct Slices {
    slices: Vec<FileRef<'static>>,
    next: usize,
}

impl Parts for Slices {
    fn next(&mut self, part: &mut Vec<u8>) -> Result<bool, FileError> {
        part.clear();
        let Some(slice) = self.slices.get(self.next) else { return Ok(false) };
        part.extend_from_slice(super::unread(slice)?.1.load()?.bytes());
        self.next = self.next.saturating_add(1);
        Ok(true)
    }
}
