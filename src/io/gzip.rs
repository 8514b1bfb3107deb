//! Gzip, decoded straight into the caller's buffer and verified to its last byte.
//!
//! The framing is our own, on flate2's raw deflate: its ready-made readers report a wrong checksum, a
//! wrong length and a broken stream as one kind of error, and take the zeros with which some archives
//! pad a file for a broken member.

use std::io::{self, BufRead};

use flate2::{Crc, Decompress, FlushDecompress, Status};

use crate::error::{GzipFault, ZlibFault};

/// No gzip stream expands further: a match of 258 bytes takes at least two bits.
const MOST_EXPANSION: u64 = 1032;

/// The two bytes that every gzip member starts with.
pub(super) const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The most that a compressed file of this length can hold.
pub(super) fn at_most(compressed: u64) -> u64 {
    compressed.saturating_mul(MOST_EXPANSION)
}

/// Why decoding stopped.
pub(super) enum Stop {
    /// The input could not be read.
    Read(io::Error),
    /// The stream is broken.
    Broken(GzipFault, Option<io::Error>),
    /// The zlib stream is broken.
    Zlib(ZlibFault, Option<io::Error>),
    /// The Zstandard stream is broken.
    #[cfg(feature = "images")]
    Zstd(crate::error::ZstdFault),
}

impl From<GzipFault> for Stop {
    fn from(fault: GzipFault) -> Self {
        Self::Broken(fault, None)
    }
}

enum Phase {
    /// Before the first member, which must exist.
    First,
    /// Inside a member.
    Body,
    /// After a member: another one, zeros, or the end.
    Between,
    /// After everything.
    End,
}

/// A decoder of all members of a gzip stream, one after the other.
pub(super) struct Gunzip<R> {
    input: R,
    inflate: Decompress,
    content: Crc,
    phase: Phase,
}

impl<R: BufRead> Gunzip<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, inflate: Decompress::new(false), content: Crc::new(), phase: Phase::First }
    }

    /// Decodes up to `out.len()` bytes. 0 only at the end of the stream, and then all its checksums
    /// have been verified.
    pub(super) fn read(&mut self, out: &mut [u8]) -> Result<usize, Stop> {
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            match self.phase {
                Phase::First => self.start_member()?,
                Phase::Body => {
                    let produced = self.decode(out)?;
                    if produced > 0 {
                        return Ok(produced);
                    }
                }
                Phase::Between => self.next_member()?,
                Phase::End => return Ok(0),
            }
        }
    }

    fn decode(&mut self, out: &mut [u8]) -> Result<usize, Stop> {
        let input = fill(&mut self.input)?;
        let at_end = input.is_empty();
        let (read, written) = (self.inflate.total_in(), self.inflate.total_out());
        let status = self
            .inflate
            .decompress(input, out, FlushDecompress::None)
            .map_err(|error| Stop::Broken(GzipFault::Deflate, Some(error.into())))?;
        let read = passed(read, self.inflate.total_in());
        let written = passed(written, self.inflate.total_out());
        self.input.consume(read);
        self.content.update(out.get(..written).unwrap_or_default());
        if status == Status::StreamEnd {
            self.end_member()?;
        } else if read == 0 && written == 0 {
            // With input left, a step without progress would loop forever.
            return Err(if at_end { GzipFault::EndsEarly.into() } else { GzipFault::Deflate.into() });
        }
        Ok(written)
    }

    fn end_member(&mut self) -> Result<(), Stop> {
        let stored = u32::from_le_bytes(self.take()?);
        let computed = self.content.sum();
        if stored != computed {
            return Err(GzipFault::Checksum { stored, computed }.into());
        }
        let stored = u32::from_le_bytes(self.take()?);
        let computed = self.content.amount();
        if stored != computed {
            return Err(GzipFault::Length { stored, computed }.into());
        }
        self.phase = Phase::Between;
        Ok(())
    }

    fn next_member(&mut self) -> Result<(), Stop> {
        match self.peek()? {
            None => self.phase = Phase::End,
            Some(0) => {
                self.skip_zeros()?;
                self.phase = Phase::End;
            }
            Some(_) => {
                self.inflate.reset(false);
                self.content.reset();
                self.start_member()?;
            }
        }
        Ok(())
    }

    /// Tape and block archives pad their files with zeros.
    fn skip_zeros(&mut self) -> Result<(), Stop> {
        loop {
            let input = fill(&mut self.input)?;
            if input.iter().any(|&byte| byte != 0) {
                return Err(GzipFault::TrailingBytes.into());
            }
            let length = input.len();
            if length == 0 {
                return Ok(());
            }
            self.input.consume(length);
        }
    }

    fn start_member(&mut self) -> Result<(), Stop> {
        let mut header = Crc::new();
        let magic: [u8; 2] = self.header_bytes(&mut header)?;
        if magic != MAGIC {
            return Err(GzipFault::TrailingBytes.into());
        }
        let [method, flags]: [u8; 2] = self.header_bytes(&mut header)?;
        if method != 8 {
            return Err(GzipFault::Method(method).into());
        }
        if flags & 0xe0 != 0 {
            return Err(GzipFault::Flags(flags).into());
        }
        // Time, speed and system of the writer.
        let _: [u8; 6] = self.header_bytes(&mut header)?;
        if flags & 4 != 0 {
            let length = u16::from_le_bytes(self.header_bytes(&mut header)?);
            for _ in 0..length {
                let _: [u8; 1] = self.header_bytes(&mut header)?;
            }
        }
        // File name and comment, each up to a zero. Skipped byte by byte, never held.
        for flag in [8, 16] {
            while flags & flag != 0 && self.header_bytes(&mut header)? != [0] {}
        }
        if flags & 2 != 0 {
            let [low, high, ..] = header.sum().to_le_bytes();
            let computed = u16::from_le_bytes([low, high]);
            let stored = u16::from_le_bytes(self.take()?);
            if stored != computed {
                return Err(GzipFault::HeaderChecksum { stored, computed }.into());
            }
        }
        self.phase = Phase::Body;
        Ok(())
    }

    fn header_bytes<const N: usize>(&mut self, sum: &mut Crc) -> Result<[u8; N], Stop> {
        let bytes = self.take()?;
        sum.update(&bytes);
        Ok(bytes)
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], Stop> {
        let mut bytes = [0; N];
        for slot in &mut bytes {
            *slot = self.peek()?.ok_or(GzipFault::EndsEarly)?;
            self.input.consume(1);
        }
        Ok(bytes)
    }

    fn peek(&mut self) -> Result<Option<u8>, Stop> {
        Ok(fill(&mut self.input)?.first().copied())
    }
}

/// How far a counter has moved; never more than a buffer's length.
fn passed(before: u64, after: u64) -> usize {
    usize::try_from(after.saturating_sub(before)).unwrap_or(0)
}

/// Unlike `Read`, `BufRead::fill_buf` does not go on by itself after a signal.
pub(super) fn fill<R: BufRead>(input: &mut R) -> Result<&[u8], Stop> {
    loop {
        match input.fill_buf() {
            // Not asked again at the end: that would be another read.
            Ok([]) => return Ok(&[]),
            Ok(_) => break,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Stop::Read(error)),
        }
    }
    // Asked again, as a borrow cannot leave the loop it was made in; the buffer is full by now.
    input.fill_buf().map_err(Stop::Read)
}
