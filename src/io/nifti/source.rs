//! The bytes of one file, unpacked where they are packed.

use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::header::recognise;
use crate::error::{FileAction, FileError, OffsetFault, Part};
use crate::io::file::{broken, ends_in, open, read_full};
use crate::io::gzip::{self, Gunzip};
use crate::io::voxels::{Stream, TRAILER_LIMIT};

/// The most that is skipped before the voxels in a gzip stream. Extensions hold text; a connectome's
/// has a few hundred MB.
const SKIP_LIMIT: u64 = 1 << 30;

/// One file, or one slice of memory, read from its start.
pub(super) struct Source<R> {
    path: PathBuf,
    length: u64,
    body: Body<R>,
}

enum Body<R> {
    Plain(R),
    Gzip { stream: Box<Gunzip<R>>, unpacked: u64 },
}

impl Source<BufReader<File>> {
    /// Opens a file that starts with a header.
    pub(super) fn open(path: &Path) -> Result<Self, FileError> {
        let (reader, length) = open(path)?;
        Self::new(reader, length, path)
    }

    /// Opens the `.img` of a pair. It has no header to tell gzip from voxels, so its name has to.
    pub(super) fn open_voxels(path: &Path) -> Result<Self, FileError> {
        let (reader, length) = open(path)?;
        if ends_in(path, "gz") {
            Self::new(reader, length, path)
        } else {
            Ok(Self { path: path.to_path_buf(), length, body: Body::Plain(reader) })
        }
    }
}

impl<R: BufRead + Seek> Source<R> {
    /// A reader with its length; its first bytes tell whether it is gzip.
    pub(super) fn new(mut reader: R, length: u64, path: &Path) -> Result<Self, FileError> {
        let failed = |source| FileError::Io { path: path.to_path_buf(), action: FileAction::Read, source };
        let mut first = [0; 4];
        let got = read_full(&mut reader, &mut first).map_err(failed)?;
        reader.rewind().map_err(failed)?;
        let found = first.get(..got).unwrap_or_default();
        let body = if found.starts_with(&gzip::MAGIC) {
            Body::Gzip { stream: Box::new(Gunzip::new(reader)), unpacked: 0 }
        } else if ends_in(path, "gz") && !found.is_empty() && recognise(first).is_none() {
            return Err(FileError::NotGzip { path: path.to_path_buf(), found: found.to_vec() });
        } else {
            Body::Plain(reader)
        };
        Ok(Self { path: path.to_path_buf(), length, body })
    }

    pub(super) fn is_gzip(&self) -> bool {
        matches!(self.body, Body::Gzip { .. })
    }

    /// Goes on to the first voxel, and checks that `needed` bytes of voxels can be there before
    /// anybody makes room for them.
    pub(super) fn seek_voxels(&mut self, offset: u64, usual_offset: u64, needed: u64) -> Result<(), FileError> {
        let beyond = |path: &Path, length| {
            if offset <= usual_offset {
                FileError::Truncated { path: path.to_path_buf(), part: Part::Voxels, needed, found: 0 }
            } else {
                bad_offset(path, OffsetFault::BeyondEnd { offset, length })
            }
        };
        let Body::Gzip { unpacked, .. } = &self.body else {
            let Some(found) = self.length.checked_sub(offset) else {
                return Err(beyond(&self.path, self.length));
            };
            if found < needed {
                return Err(self.truncated(needed, found));
            }
            return self.seek_plain(offset);
        };
        let (already, at_most) = (*unpacked, gzip::at_most(self.length));
        if offset > at_most {
            return Err(beyond(&self.path, at_most));
        }
        if needed > at_most {
            return Err(FileError::TooSmallForClaim {
                path: self.path.clone(),
                needed,
                compressed: self.length,
                at_most,
            });
        }
        let mut left = offset.saturating_sub(already);
        if left > SKIP_LIMIT {
            let limit = SKIP_LIMIT;
            return Err(bad_offset(&self.path, OffsetFault::FarIntoStream { offset, limit }));
        }
        while left > 0 {
            match self.skip(left)? {
                0 => return Err(beyond(&self.path, offset.saturating_sub(left))),
                got => left = left.saturating_sub(got),
            }
        }
        Ok(())
    }

    fn seek_plain(&mut self, offset: u64) -> Result<(), FileError> {
        let Body::Plain(reader) = &mut self.body else {
            return Ok(());
        };
        match reader.seek(SeekFrom::Start(offset)) {
            Ok(_) => Ok(()),
            Err(source) => Err(FileError::Io { path: self.path.clone(), action: FileAction::Read, source }),
        }
    }

    /// After the voxels: a gzip stream is unpacked to its end, as only there its checksum stands.
    /// Plain files may go on as they like.
    pub(super) fn finish(mut self, declared: u64) -> Result<(), FileError> {
        if !self.is_gzip() {
            return Ok(());
        }
        let allowed = TRAILER_LIMIT.saturating_add(declared);
        let mut left = allowed;
        loop {
            // One byte more than allowed is enough to know.
            match self.skip(left.saturating_add(1))? {
                0 => return Ok(()),
                got => match left.checked_sub(got) {
                    Some(rest) => left = rest,
                    None => {
                        return Err(FileError::Overlong { path: self.path, declared, allowed });
                    }
                },
            }
        }
    }

    /// Passes over at most `most` bytes, in a small buffer. 0 at the end.
    fn skip(&mut self, most: u64) -> Result<u64, FileError> {
        let mut scratch = [0; 1 << 14];
        let length = usize::try_from(most).unwrap_or(usize::MAX);
        let length = length.min(scratch.len());
        let scratch = scratch.get_mut(..length).unwrap_or_default();
        Ok(self.read_full(scratch)? as u64)
    }
}

impl<R: BufRead + Seek> Stream for Source<R> {
    fn path(&self) -> &Path {
        &self.path
    }

    fn is_packed(&self) -> bool {
        self.is_gzip()
    }

    fn read_full(&mut self, out: &mut [u8]) -> Result<usize, FileError> {
        match &mut self.body {
            Body::Plain(reader) => read_full(reader, out).map_err(|source| FileError::Io {
                path: self.path.clone(),
                action: FileAction::Read,
                source,
            }),
            Body::Gzip { stream, unpacked } => {
                let mut done = 0_usize;
                while let Some(rest) = out.get_mut(done..).filter(|rest| !rest.is_empty()) {
                    match stream.read(rest).map_err(|stop| broken(&self.path, stop))? {
                        0 => break,
                        got => done = done.saturating_add(got),
                    }
                }
                *unpacked = unpacked.saturating_add(done as u64);
                Ok(done)
            }
        }
    }
}

fn bad_offset(path: &Path, fault: OffsetFault) -> FileError {
    FileError::BadOffset { path: path.to_path_buf(), fault }
}
