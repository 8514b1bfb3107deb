//! From a file to the first voxel in it.

use std::path::Path;

use super::version::recognise;
use crate::error::{FileAction, FileError, OffsetFault, Part};
use crate::io::file::{ends_in, read_full};
use crate::io::gzip;
use crate::io::input::{FileRef, Reader};
use crate::io::stream::{Packing, Stream};

/// The most that is skipped before the voxels in a gzip stream. Extensions hold text; a connectome's
/// has a few hundred MB.
const SKIP_LIMIT: u64 = 1 << 30;

/// Opens a file that starts with a header.
pub(super) fn open<'a>(file: &FileRef<'a>) -> Result<Stream<'a>, FileError> {
    let (reader, length) = file.open()?;
    new(reader, length, file.path())
}

/// Opens the `.img` of a pair. It has no header to tell gzip from voxels, so its name has to.
pub(super) fn open_voxels<'a>(file: &FileRef<'a>) -> Result<Stream<'a>, FileError> {
    let (reader, length) = file.open()?;
    let path = file.path();
    if ends_in(path, "gz") { new(reader, length, path) } else { Ok(Stream::new(reader, length, Packing::Plain, path)) }
}

/// A reader with its length; its first bytes tell whether it is gzip.
fn new<'a>(mut reader: Reader<'a>, length: u64, path: &Path) -> Result<Stream<'a>, FileError> {
    let failed = |source| FileError::Io { path: path.to_path_buf(), action: FileAction::Read, source };
    let mut first = [0; 4];
    let got = read_full(&mut reader, &mut first).map_err(failed)?;
    reader.rewind().map_err(failed)?;
    let found = first.get(..got).unwrap_or_default();
    let packing = if found.starts_with(&gzip::MAGIC) {
        Packing::Gzip
    } else if let Some(packing) = zstd(found) {
        packing
    } else if ends_in(path, "gz") && !found.is_empty() && recognise(first).is_none() {
        return Err(FileError::NotGzip { path: path.to_path_buf(), found: found.to_vec() });
    } else {
        Packing::Plain
    };
    Ok(Stream::new(reader, length, packing, path))
}

/// Zstandard, where it is read.
fn zstd(_first: &[u8]) -> Option<Packing> {
    #[cfg(feature = "images")]
    if crate::io::zstd::starts(_first) {
        return Some(Packing::Zstd);
    }
    None
}

/// Goes on to the first voxel, and checks that `needed` bytes of voxels can be there before memory is reserved for
/// them.
pub(super) fn seek_voxels(
    source: &mut Stream<'_>,
    offset: u64,
    usual_offset: u64,
    needed: u64,
) -> Result<(), FileError> {
    let beyond = |path: &Path, length| {
        if offset <= usual_offset {
            FileError::Truncated { path: path.to_path_buf(), part: Part::Voxels, needed, found: 0 }
        } else {
            bad_offset(path, OffsetFault::BeyondEnd { offset, length })
        }
    };
    if !source.is_packed() {
        let Some(found) = source.length().checked_sub(offset) else {
            return Err(beyond(source.path(), source.length()));
        };
        if found < needed {
            return Err(source.truncated(needed, found));
        }
        return source.seek(offset);
    }
    let at_most = source.at_most();
    if offset > at_most {
        return Err(beyond(source.path(), at_most));
    }
    source.check_claim(needed)?;
    let ahead = offset.saturating_sub(source.given());
    if ahead > SKIP_LIMIT {
        let limit = SKIP_LIMIT;
        return Err(bad_offset(source.path(), OffsetFault::FarIntoStream { offset, limit }));
    }
    if source.pass(ahead)? < ahead {
        return Err(beyond(source.path(), source.given()));
    }
    Ok(())
}

fn bad_offset(path: &Path, fault: OffsetFault) -> FileError {
    FileError::BadOffset { path: path.to_path_buf(), fault }
}
