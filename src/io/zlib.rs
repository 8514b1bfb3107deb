//! Zlib, decoded straight into the caller's buffer and verified to its last byte.

use std::io::BufRead;

use flate2::{Decompress, FlushDecompress, Status};

use super::gzip::{Stop, fill};
use crate::error::ZlibFault;

/// A decoder of one zlib stream. What follows the stream in the file is not looked at.
pub(super) struct Unzlib<R> {
    input: R,
    inflate: Decompress,
    ended: bool,
}

impl<R: BufRead> Unzlib<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, inflate: Decompress::new(true), ended: false }
    }

    /// Decodes up to `out.len()` bytes. 0 only at the end of the stream, and then its checksum has been verified.
    pub(super) fn read(&mut self, out: &mut [u8]) -> Result<usize, Stop> {
        while !self.ended && !out.is_empty() {
            let input = fill(&mut self.input)?;
            let at_end = input.is_empty();
            let (read, written) = (self.inflate.total_in(), self.inflate.total_out());
            let status = self
                .inflate
                .decompress(input, out, FlushDecompress::None)
                .map_err(|error| Stop::Zlib(ZlibFault::Damaged, Some(error.into())))?;
            let passed = |before: u64, after: u64| usize::try_from(after.saturating_sub(before)).unwrap_or(0);
            let read = passed(read, self.inflate.total_in());
            let written = passed(written, self.inflate.total_out());
            self.input.consume(read);
            self.ended = status == Status::StreamEnd;
            if !self.ended && read == 0 && written == 0 {
                // With input left, a step without progress would loop forever.
                return Err(Stop::Zlib(if at_end { ZlibFault::EndsEarly } else { ZlibFault::Damaged }, None));
            }
            if written > 0 {
                return Ok(written);
            }
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufReader, Write};

    /// With one byte of input at a time, many steps give no output.
    #[test]
    #[cfg_attr(miri, ignore = "zlib-rs 0.6.8 frees what its compressor still borrows, which Stacked Borrows forbids")]
    fn input_without_output_is_no_standstill() {
        let plain: Vec<u8> = (0..10_000u32).map(|i| ((i * i) >> 7) as u8).collect();
        let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        packed.write_all(&plain).unwrap();
        let packed = packed.finish().unwrap();
        let read = |packed: &[u8]| {
            let mut unpacked = Unzlib::new(BufReader::with_capacity(1, packed));
            let (mut all, mut out) = (Vec::<u8>::new(), [0; 64]);
            loop {
                match unpacked.read(&mut out) {
                    Ok(0) => return Ok(all),
                    Ok(n) => all.extend(out.get(..n).unwrap()),
                    Err(stop) => return Err(stop),
                }
            }
        };
        assert!(read(&packed).is_ok_and(|all| all == plain));
        let (_, short) = packed.split_last().unwrap();
        assert!(matches!(read(short), Err(Stop::Zlib(ZlibFault::EndsEarly, None))));
        let mut wrong = packed.clone();
        *wrong.last_mut().unwrap() ^= 1;
        assert!(matches!(read(&wrong), Err(Stop::Zlib(ZlibFault::Damaged, _))));
    }
}
