//! The bytes of one file, unpacked where they are packed.

use std::io::SeekFrom;
use std::path::{Path, PathBuf};

use super::file::{broken, read_full};
use super::gzip::{self, Gunzip, Stop};
use super::input::{FileRef, Reader};
use super::zlib::Unzlib;
#[cfg(feature = "images")]
use super::zstd::{self, Unzstd};
use crate::error::{FileAction, FileError, Part};

/// How many bytes may follow the voxels in a packed stream, beside as many again as the header accounts for.
const TRAILER_LIMIT: u64 = 16 << 20;

/// How the bytes are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    Plain,
    Gzip,
    Zlib,
    #[cfg(feature = "images")]
    Zstd,
}

/// A decoder that gives the bytes of voxels part by part: rows of a picture, or the slices of a stack.
pub(super) trait Parts: Send {
    /// Puts the next bytes into `part`, in place of what is there; false after the last one, and only when all
    /// checksums have been verified.
    fn next(&mut self, part: &mut Vec<u8>) -> Result<bool, FileError>;
}

/// One file, or one slice of memory, from some place in it on.
pub(super) struct Stream<'a> {
    path: PathBuf,
    length: u64,
    given: u64,
    body: Body<'a>,
}

enum Body<'a> {
    Plain(Reader<'a>),
    Gzip(Box<Gunzip<Reader<'a>>>),
    Zlib(Box<Unzlib<Reader<'a>>>),
    #[cfg(feature = "images")]
    Zstd(Box<Unzstd<Reader<'a>>>),
    Parts(Box<Given<'a>>),
}

/// What a decoder gave.
struct Given<'a> {
    parts: Box<dyn Parts + 'a>,
    part: Vec<u8>,
    /// Bytes of the part that were read.
    read: usize,
}

impl Given<'_> {
    /// Up to `out.len()` bytes; 0 only at the end.
    fn read(&mut self, out: &mut [u8]) -> Result<usize, FileError> {
        while self.read >= self.part.len() {
            if !self.parts.next(&mut self.part)? {
                return Ok(0);
            }
            self.read = 0;
        }
        let ready = self.part.get(self.read..).unwrap_or_default();
        let got = ready.len().min(out.len());
        if let (Some(out), Some(ready)) = (out.get_mut(..got), ready.get(..got)) {
            out.copy_from_slice(ready);
        }
        self.read = self.read.saturating_add(got);
        Ok(got)
    }
}

impl<'a> Stream<'a> {
    /// A reader where it stands, with the number of bytes from there to its end.
    pub fn new(input: Reader<'a>, length: u64, packing: Packing, path: &Path) -> Self {
        let body = match packing {
            Packing::Plain => Body::Plain(input),
            Packing::Gzip => Body::Gzip(Box::new(Gunzip::new(input))),
            Packing::Zlib => Body::Zlib(Box::new(Unzlib::new(input))),
            #[cfg(feature = "images")]
            Packing::Zstd => Body::Zstd(Box::new(Unzstd::new(input, length))),
        };
        Self { path: path.to_path_buf(), length, given: 0, body }
    }

    /// A file from its start, through gzip if it is packed.
    pub fn open(file: &FileRef<'a>) -> Result<Self, FileError> {
        let (mut reader, length) = file.open()?;
        let failed = |source| FileError::Io { path: file.path().to_path_buf(), action: FileAction::Read, source };
        let mut first = [0; 2];
        let got = read_full(&mut reader, &mut first).map_err(failed)?;
        reader.rewind().map_err(failed)?;
        let packing = if got == 2 && first == gzip::MAGIC { Packing::Gzip } else { Packing::Plain };
        Ok(Self::new(reader, length, packing, file.path()))
    }

    /// The same behind a header of so many bytes, and the header.
    pub fn behind_header<const N: usize>(file: &FileRef<'a>) -> Result<([u8; N], Self), FileError> {
        let (mut stream, mut bytes) = (Self::open(file)?, [0; N]);
        let got = stream.read_full(&mut bytes)?;
        let path = || file.path().to_path_buf();
        match got {
            0 => Err(FileError::Empty { path: path(), gzip: stream.is_packed() }),
            got if got < N => {
                let (needed, found) = (N as u64, got as u64);
                Err(FileError::Truncated { path: path(), part: Part::Header, needed, found })
            }
            _ => Ok((bytes, stream)),
        }
    }

    /// What a decoder gives of a file of so many bytes.
    pub fn of_parts(parts: impl Parts + 'a, length: u64, path: &Path) -> Self {
        let given = Given { parts: Box::new(parts), part: Vec::new(), read: 0 };
        Self { path: path.to_path_buf(), length, given: 0, body: Body::Parts(Box::new(given)) }
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

    /// Whether a decoder of pictures gives the bytes.
    pub fn is_decoded(&self) -> bool {
        matches!(self.body, Body::Parts(_))
    }

    /// Fills a buffer, or as much of it as there are bytes.
    pub fn read_full(&mut self, out: &mut [u8]) -> Result<usize, FileError> {
        let mut done = 0_usize;
        while let Some(rest) = out.get_mut(done..).filter(|rest| !rest.is_empty()) {
            let got = match &mut self.body {
                Body::Plain(input) => read_full(input, rest).map_err(Stop::Read),
                Body::Gzip(stream) => stream.read(rest),
                Body::Zlib(stream) => stream.read(rest),
                #[cfg(feature = "images")]
                Body::Zstd(stream) => stream.read(rest),
                Body::Parts(given) => match given.read(rest)? {
                    0 => break,
                    got => Ok(got),
                },
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

    /// The most that a packed file of this length can hold.
    pub fn at_most(&self) -> u64 {
        match self.body {
            #[cfg(feature = "images")]
            Body::Zstd(_) => self.length.saturating_mul(zstd::MOST_EXPANSION),
            _ => gzip::at_most(self.length),
        }
    }

    /// Whether a packed file can hold what a header declares. This is checked before memory is reserved for it.
    pub fn check_claim(&self, needed: u64) -> Result<(), FileError> {
        let at_most = self.at_most();
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
