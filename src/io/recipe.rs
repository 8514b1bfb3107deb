//! From a header of text to an image: where the voxels are, how they are packed, and in which order.

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use std::io::{BufRead, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};

use super::file::{broken, open, read_full};
use super::gzip::{self, Gunzip, fill};
use super::image::{Header, Image};
use super::text::{least_bytes, quoted};
use super::voxels::{self, ByteOrder, Layout, Stream, TRAILER_LIMIT};
use super::zlib::Unzlib;
use crate::error::{FileAction, FileError, HeaderFault, Part};

/// What a header of text says about its voxels.
#[derive(Debug)]
pub(super) struct Recipe {
    pub header: Header,
    /// The lengths in the file's order, fastest first.
    pub sizes: Vec<u64>,
    /// The axis of `sizes` that is the last one of the header's shape.
    pub moved: Option<usize>,
    pub byte_order: ByteOrder,
    pub encoding: Encoding,
    pub place: Place,
    /// Lines before the voxels, and then bytes; both before they are unpacked.
    pub skip_lines: u64,
    pub skip: Skip,
    /// Bytes before the voxels, after they are unpacked.
    pub skip_unpacked: u64,
}

/// How the voxels are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Raw,
    Gzip,
    /// Zlib or gzip: the first bytes tell.
    Packed,
    Text,
}

/// Where the voxels are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In the file of the header, from this byte on.
    Here(u64),
    /// In a file of their own.
    File(PathBuf),
}

/// Bytes before the voxels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Skip {
    Bytes(u64),
    /// As many as there are: the voxels are the last bytes of the file.
    ToLast,
}

/// The data file that a header names, which has to be in the header's folder or in a folder in it.
pub(super) fn beside(header: &Path, name: &str) -> Result<PathBuf, HeaderFault> {
    let named = Path::new(name);
    // Headers from another system keep its separators, which are letters here.
    let inside = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    if name.is_empty() || !named.components().all(inside) || name.contains('\0') {
        return Err(HeaderFault::Outside(quoted(name)));
    }
    Ok(header.parent().map_or_else(|| named.to_path_buf(), |folder| folder.join(named)))
}

impl Recipe {
    /// Reads the voxels. `reader` and `length` are those of the file with the header.
    pub(super) fn load(self, reader: impl BufRead + Seek, length: u64, path: &Path) -> Result<Image, FileError> {
        match &self.place {
            Place::Here(start) => {
                let start = *start;
                self.load_from(reader, length, start, path)
            }
            Place::File(data) => {
                let data = data.clone();
                let (reader, length) = open(&data).map_err(|error| match error {
                    FileError::Missing { path: missing, .. } => {
                        FileError::MissingPartner { path: missing, partner: path.to_path_buf() }
                    }
                    other => other,
                })?;
                self.load_from(reader, length, 0, &data)
            }
        }
    }

    fn load_from<R: BufRead + Seek>(self, reader: R, length: u64, start: u64, path: &Path) -> Result<Image, FileError> {
        let count = self.header.voxel_count();
        let needed = count.saturating_mul(self.header.dtype.size());
        let mut data = Data::at(reader, length, start, &self, needed, path)?;
        data.check(needed.saturating_add(self.skip_unpacked), count, self.encoding)?;
        data.pass(self.skip_unpacked, needed)?;
        let layout = Layout { dtype: self.header.dtype, count, byte_order: self.byte_order, scale: None };
        let voxels = if self.encoding == Encoding::Text {
            voxels::load_text(&mut data, &layout)
        } else {
            voxels::load(&mut data, &layout)
        };
        let mut voxels = voxels?;
        data.finish(needed.saturating_add(self.skip_unpacked))?;
        if let Some(axes) = self.moved.and_then(|axis| around(&self.sizes, axis)) {
            let room =
                |source| FileError::OutOfMemory { path: path.to_path_buf(), bytes: needed, source: Some(source) };
            voxels = voxels.second_axis_last(axes).map_err(room)?;
        }
        Ok(Image { header: self.header, voxels })
    }
}

/// Voxels before, along and after an axis; none where it is the last one anyway. The products are below that of all
/// sizes, which has been counted.
fn around(sizes: &[u64], axis: usize) -> Option<[usize; 3]> {
    let (before, rest) = sizes.split_at_checked(axis)?;
    let (moved, after) = rest.split_first()?;
    let product = |sizes: &[u64]| usize::try_from(sizes.iter().product::<u64>()).ok();
    let axes = [product(before)?, usize::try_from(*moved).ok()?, product(after)?];
    let [_, moved, after] = axes;
    (moved > 1 && after > 1).then_some(axes)
}

/// The bytes of the voxels, unpacked where they are packed.
struct Data<'a, R> {
    path: &'a Path,
    /// Bytes in the file from the first one of the voxels on.
    length: u64,
    body: Body<R>,
}

enum Body<R> {
    Plain(R),
    Gzip(Box<Gunzip<R>>),
    Zlib(Box<Unzlib<R>>),
}

impl<'a, R: BufRead + Seek> Data<'a, R> {
    fn at(
        mut reader: R,
        length: u64,
        start: u64,
        recipe: &Recipe,
        needed: u64,
        path: &'a Path,
    ) -> Result<Self, FileError> {
        let failed = |source| FileError::Io { path: path.to_path_buf(), action: FileAction::Read, source };
        let early = |found| FileError::Truncated { path: path.to_path_buf(), part: Part::Voxels, needed, found };
        let mut position = start;
        if recipe.skip_lines > 0 {
            reader.seek(SeekFrom::Start(start)).map_err(failed)?;
            for _ in 0..recipe.skip_lines {
                match skip_line(&mut reader).map_err(|stop| broken(path, stop))? {
                    0 => return Err(early(0)),
                    passed => position = position.saturating_add(passed),
                }
            }
        }
        position = match recipe.skip {
            Skip::Bytes(bytes) => position.checked_add(bytes).filter(|&at| at <= length).ok_or_else(|| early(0))?,
            Skip::ToLast => {
                let found = length.saturating_sub(position);
                length.checked_sub(needed).filter(|&at| at >= position).ok_or_else(|| early(found))?
            }
        };
        reader.seek(SeekFrom::Start(position)).map_err(failed)?;
        let gzip = match recipe.encoding {
            Encoding::Raw | Encoding::Text => None,
            Encoding::Gzip => Some(true),
            Encoding::Packed => {
                let mut first = [0; 2];
                let got = read_full(&mut reader, &mut first).map_err(failed)?;
                reader.seek(SeekFrom::Start(position)).map_err(failed)?;
                Some(got == 2 && first == gzip::MAGIC)
            }
        };
        let body = match gzip {
            None => Body::Plain(reader),
            Some(true) => Body::Gzip(Box::new(Gunzip::new(reader))),
            Some(false) => Body::Zlib(Box::new(Unzlib::new(reader))),
        };
        Ok(Self { path, length: length.saturating_sub(position), body })
    }

    /// Whether the file can hold what the header declares, asked before anybody makes room for it.
    fn check(&self, needed: u64, count: u64, encoding: Encoding) -> Result<(), FileError> {
        if self.is_packed() {
            let at_most = gzip::at_most(self.length);
            if needed > at_most {
                let (path, compressed) = (self.path.to_path_buf(), self.length);
                return Err(FileError::TooSmallForClaim { path, needed, compressed, at_most });
            }
            return Ok(());
        }
        let needed = if encoding == Encoding::Text { least_bytes(count) } else { needed };
        if self.length < needed { Err(self.truncated(needed, self.length)) } else { Ok(()) }
    }

    /// Passes over bytes before the voxels, in a small buffer.
    fn pass(&mut self, mut left: u64, needed: u64) -> Result<(), FileError> {
        while left > 0 {
            match self.some(left)? {
                0 => return Err(self.truncated(needed, 0)),
                got => left = left.saturating_sub(got),
            }
        }
        Ok(())
    }

    /// After the voxels: a packed stream is unpacked to its end, as only there its checksum stands. Plain files may
    /// go on as they like.
    fn finish(mut self, declared: u64) -> Result<(), FileError> {
        if !self.is_packed() {
            return Ok(());
        }
        let allowed = TRAILER_LIMIT.saturating_add(declared);
        let mut left = allowed;
        loop {
            // One byte more than allowed is enough to know.
            let got = self.some(left.saturating_add(1))?;
            if got == 0 {
                return Ok(());
            }
            let Some(rest) = left.checked_sub(got) else {
                return Err(FileError::Overlong { path: self.path.to_path_buf(), declared, allowed });
            };
            left = rest;
        }
    }

    fn some(&mut self, most: u64) -> Result<u64, FileError> {
        let mut scratch = [0; 1 << 14];
        let length = usize::try_from(most).unwrap_or(usize::MAX).min(scratch.len());
        Ok(self.read_full(scratch.get_mut(..length).unwrap_or_default())? as u64)
    }
}

impl<R: BufRead + Seek> Stream for Data<'_, R> {
    fn path(&self) -> &Path {
        self.path
    }

    fn is_packed(&self) -> bool {
        !matches!(self.body, Body::Plain(_))
    }

    fn read_full(&mut self, out: &mut [u8]) -> Result<usize, FileError> {
        let path = self.path;
        let failed = |source| FileError::Io { path: path.to_path_buf(), action: FileAction::Read, source };
        let mut done = 0_usize;
        while let Some(rest) = out.get_mut(done..).filter(|rest| !rest.is_empty()) {
            let got = match &mut self.body {
                Body::Plain(reader) => read_full(reader, rest).map_err(failed)?,
                Body::Gzip(stream) => stream.read(rest).map_err(|stop| broken(path, stop))?,
                Body::Zlib(stream) => stream.read(rest).map_err(|stop| broken(path, stop))?,
            };
            if got == 0 {
                break;
            }
            done = done.saturating_add(got);
        }
        Ok(done)
    }
}

/// Passes over a line, and says how long it was with its end.
fn skip_line(reader: &mut impl BufRead) -> Result<u64, gzip::Stop> {
    let mut passed = 0_u64;
    loop {
        let input = fill(reader)?;
        let end = input.iter().position(|&byte| byte == b'\n');
        let here = end.map_or(input.len(), |end| end.saturating_add(1));
        reader.consume(here);
        passed = passed.saturating_add(here as u64);
        if end.is_some() || here == 0 {
            return Ok(passed);
        }
    }
}
