//! The bytes of one file, unpacked where they are packed.

use std::io::SeekFrom;
use std::path::{Path, PathBuf};

use super::file::{broken, read_full};
use super::gzip::{self, Gunzip, Stop};
use super::input::Reader;
use super::zlib::Unzlib;
use crate::error::{FileAction, FileError, Part};

/// How many bytes may follow the voxels in a packed stream, beside as many again as the header accounts for.
const TRAILER_LIMIT: u64 = 16 << 20;

/// How the bytes are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    Plain,
    Gzip,
    Zlib,
}

/// One file, or one slice of memory, from some place in it on.
pub(super) struct Stream<'a> {
    path: PathBuf,
    length: u64,
    given: u64,
    body: Body<Reader<'a>>,
}

enum Body<R> {
    Plain(R),
    Gzip(Box<Gunzip<R>>),
    Zlib(Box<Unzlib<R>>),
}

impl<'a> Stream<'a> {
    /// A reader where it stands, with the number of bytes from there to its end.
    pub fn new(input: Reader<'a>, length: u64, packing: Packing, path: &Path) -> Self {
        let body = match packing {
            Packing::Plain => Body::Plain(input),
            Packing::Gzip => Body::Gzip(Box::new(Gunzip::new(input))),
            Packing::Zlib => Body::Zlib(Box::new(Unzlib::new(input))),
        };
        Self { path: path.to_path_buf(), length, given: 0, body }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes of the file, before they are unpacked.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Bytes that were read, after they were unpacked.
    pub fn given(&self) -> u64 {
        self.given
    }

    /// Whether the number of bytes is known only after reading.
    pub fn is_packed(&self) -> bool {
        !matches!(self.body, Body::Plain(_))
    }

    /// Fills a buffer, or as much of it as there are bytes.
    pub fn read_full(&mut self, out: &mut [u8]) -> Result<usize, FileError> {
        let mut done = 0_usize;
        while let Some(rest) = out.get_mut(done..).filter(|rest| !rest.is_empty()) {
            let got = match &mut self.body {
                Body::Plain(input) => read_full(input, rest).map_err(Stop::Read),
                Body::Gzip(stream) => stream.read(rest),
                Body::Zlib(stream) => stream.read(rest),
            };
            match got.map_err(|stop| broken(&self.path, stop))? {
                0 => break,
                got => done = done.saturating_add(got),
            }
        }
        self.given = self.given.saturating_add(done as u64);
        Ok(done)
    }

    /// Skips bytes in a small buffer, and returns how many: fewer only at the end.
    pub fn pass(&mut self, bytes: u64) -> Result<u64, FileError> {
        let mut scratch = [0; 1 << 14];
        let mut left = bytes;
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(usize::MAX).min(scratch.len());
            match self.read_full(scratch.get_mut(..most).unwrap_or_default())? {
                0 => break,
                got => left = left.saturating_sub(got as u64),
            }
        }
        Ok(bytes.saturating_sub(left))
    }

    /// The byte of the file that comes next; of a packed stream, of what is unpacked.
    pub fn position(&mut self) -> Result<u64, FileError> {
        let Body::Plain(input) = &mut self.body else { return Ok(self.given) };
        let failed = |source| FileError::Io { path: self.path.clone(), action: FileAction::Read, source };
        input.stream_position().map_err(failed)
    }

    /// Goes to a byte of the file. A packed stream goes forward only, and stays where it is.
    pub fn seek(&mut self, position: u64) -> Result<(), FileError> {
        let Body::Plain(input) = &mut self.body else { return Ok(()) };
        match input.seek(SeekFrom::Start(position)) {
            Ok(_) => Ok(()),
            Err(source) => Err(FileError::Io { path: self.path.clone(), action: FileAction::Read, source }),
        }
    }

    /// Whether a packed file can hold what a header declares. This is checked before memory is reserved for it.
    pub fn check_claim(&self, needed: u64) -> Result<(), FileError> {
        let at_most = gzip::at_most(self.length);
        if needed <= at_most {
            return Ok(());
        }
        Err(FileError::TooSmallForClaim { path: self.path.clone(), needed, compressed: self.length, at_most })
    }

    /// After the voxels: a packed stream is unpacked to its end, where its checksum is. Returns how many bytes there
    /// were; plain files may hold any bytes there.
    pub fn finish(&mut self, declared: u64) -> Result<u64, FileError> {
        if !self.is_packed() {
            return Ok(self.length.saturating_sub(declared));
        }
        let allowed = TRAILER_LIMIT.saturating_add(declared);
        // One byte more than allowed is enough to know.
        let passed = self.pass(allowed.saturating_add(1))?;
        if passed > allowed {
            return Err(FileError::Overlong { path: self.path.clone(), declared, allowed });
        }
        Ok(passed)
    }

    /// An end inside the voxels.
    pub fn truncated(&self, needed: u64, found: u64) -> FileError {
        FileError::Truncated { path: self.path.clone(), part: Part::Voxels, needed, found }
    }
}
