//! From a header of text to an image: where the voxels are, how they are packed, and in which order.

use std::io::{BufRead, SeekFrom};
use std::path::{Component, Path, PathBuf};

use super::file::{broken, read_full};
use super::gzip::{self, fill};
use super::header::Header;
use super::input::{FileRef, Reader};
use super::stream::{Packing, Stream};
use super::text::{least_bytes, quoted};
use super::unread::{Layout, Notation, Order, Unread};
use super::voxels::ByteOrder;
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
    /// In a separate file.
    File(PathBuf),
}

/// Bytes before the voxels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Skip {
    Bytes(u64),
    /// As many as there are: the voxels are the last bytes of the file, or of what is unpacked.
    ToLast,
}

/// The data file that a header names, which has to be in the header's folder or in a folder in it.
pub(super) fn beside(header: &Path, name: &str) -> Result<PathBuf, HeaderFault> {
    let named = Path::new(name);
    // Headers from another system keep its separators, which are letters here.
    let inside = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    // A name with terminal control characters is refused as well, because errors show it.
    if name.is_empty() || !named.components().all(inside) || name.contains(char::is_control) {
        return Err(HeaderFault::Outside(quoted(name)));
    }
    Ok(header.parent().map_or_else(|| named.to_path_buf(), |folder| folder.join(named)))
}

/// Reads a header of text, and gives the reader back.
pub(super) type Load = for<'a> fn(Reader<'a>, &Path) -> Result<(Recipe, Reader<'a>), FileError>;

/// The header of a file in a format with a header of text.
pub(super) fn read_header(file: &FileRef<'_>, load: Load) -> Result<Header, FileError> {
    let (reader, _) = file.open()?;
    load(reader, file.path()).map(|(recipe, _)| recipe.header)
}

/// The header of such a file, and its voxels.
pub(super) fn unread<'a>(file: &FileRef<'a>, load: Load) -> Result<(Header, Unread<'a>), FileError> {
    let (reader, length) = file.open()?;
    let (recipe, reader) = load(reader, file.path())?;
    let unread = match &recipe.place {
        Place::Here(start) => recipe.unread(reader, length, *start, file.path())?,
        Place::File(data) => {
            let (reader, length) = file.beside(data.clone()).open().map_err(|error| match error {
                FileError::Missing { path } => file.no_partner(path),
                other => other,
            })?;
            recipe.unread(reader, length, 0, data)?
        }
    };
    Ok((recipe.header, unread))
}

impl Recipe {
    fn unread<'a>(
        &self,
        mut reader: Reader<'a>,
        length: u64,
        start: u64,
        path: &Path,
    ) -> Result<Unread<'a>, FileError> {
        let count = self.header.voxel_count();
        let needed = count.saturating_mul(self.header.dtype.size());
        let mut skip_unpacked = self.skip_unpacked;
        if self.skip == Skip::ToLast && self.encoding != Encoding::Raw {
            // The length is known only at the end, so the data is unpacked twice.
            let mut stream = self.stream(Box::new(&mut reader), length, start, needed, path)?;
            stream.check_claim(needed)?;
            let found = stream.finish(needed)?;
            skip_unpacked = found.checked_sub(needed).ok_or_else(|| stream.truncated(needed, found))?;
        }
        let declared = needed.saturating_add(skip_unpacked);
        let mut stream = self.stream(reader, length, start, needed, path)?;
        if stream.is_packed() {
            stream.check_claim(declared)?;
        } else {
            let least = if self.encoding == Encoding::Text { least_bytes(count) } else { declared };
            if stream.length() < least {
                return Err(stream.truncated(least, stream.length()));
            }
        }
        if stream.pass(skip_unpacked)? < skip_unpacked {
            return Err(stream.truncated(needed, 0));
        }
        let layout = Layout { dtype: self.header.dtype, count, byte_order: self.byte_order, scale: None };
        let mut unread = Unread::new(stream, layout, declared);
        if self.encoding == Encoding::Text {
            unread.notation = Notation::Text;
        }
        if let Some(axes) = self.moved.and_then(|axis| around(&self.sizes, axis)) {
            unread.order = Order::SecondLast(axes);
        }
        Ok(unread)
    }

    /// The bytes of the voxels, and how many bytes to skip after unpacking.
    fn stream<'a>(
        &self,
        mut reader: Reader<'a>,
        length: u64,
        start: u64,
        needed: u64,
        path: &Path,
    ) -> Result<Stream<'a>, FileError> {
        let failed = |source| FileError::Io { path: path.to_path_buf(), action: FileAction::Read, source };
        let early = |found| FileError::Truncated { path: path.to_path_buf(), part: Part::Voxels, needed, found };
        let mut position = start;
        if self.skip_lines > 0 {
            reader.seek(SeekFrom::Start(start)).map_err(failed)?;
            for _ in 0..self.skip_lines {
                match skip_line(&mut reader).map_err(|stop| broken(path, stop))? {
                    0 => return Err(early(0)),
                    passed => position = position.saturating_add(passed),
                }
            }
        }
        position = match self.skip {
            Skip::Bytes(bytes) => position.checked_add(bytes).filter(|&at| at <= length).ok_or_else(|| early(0))?,
            Skip::ToLast if self.encoding != Encoding::Raw => position,
            Skip::ToLast => {
                let found = length.saturating_sub(position);
                length.checked_sub(needed).filter(|&at| at >= position).ok_or_else(|| early(found))?
            }
        };
        reader.seek(SeekFrom::Start(position)).map_err(failed)?;
        let packing = match self.encoding {
            Encoding::Raw | Encoding::Text => Packing::Plain,
            Encoding::Gzip => Packing::Gzip,
            Encoding::Packed => {
                let mut first = [0; 2];
                let got = read_full(&mut reader, &mut first).map_err(failed)?;
                reader.seek(SeekFrom::Start(position)).map_err(failed)?;
                if got == 2 && first == gzip::MAGIC { Packing::Gzip } else { Packing::Zlib }
            }
        };
        Ok(Stream::new(reader, length.saturating_sub(position), packing, path))
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

/// Skips a line, and returns its length with the line end.
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
