//! Zstandard, decoded frame by frame and verified to its last byte.

use std::io::{BufRead, Read};

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::gzip::{Stop, fill};
use crate::error::ZstdFault;

/// What a frame begins with.
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// What follows the first byte of a frame that is to be skipped, which is 0x50 to 0x5f.
const SKIPPED: [u8; 3] = [0x2a, 0x4d, 0x18];

/// Whether these are the first bytes of a stream: a frame, or one that is skipped.
pub(super) fn starts(first: &[u8]) -> bool {
    first.starts_with(&MAGIC) || matches!(first, [0x50..=0x5f, rest @ ..] if rest.starts_with(&SKIPPED))
}

/// A block of one byte again and again takes four bytes, and gives 128 KiB.
pub(super) const MOST_EXPANSION: u64 = 1 << 15;

/// Windows of the usual levels, and of the highest one.
const WINDOWS: [u64; 2] = [8 << 20, 128 << 20];

/// A window may be so many times as long as the whole stream: label maps shrink to a thousandth and less.
const SHRUNK: u64 = 4096;

/// A decoder of all frames of a stream, one after the other.
pub(super) struct Unzstd<R> {
    input: R,
    decoder: FrameDecoder,
    /// Whether it is inside a frame.
    open: bool,
    any: bool,
}

impl<R: BufRead> Unzstd<R> {
    /// A stream of so many bytes. A window is memory, and a short stream needs no large one.
    pub(super) fn new(input: R, length: u64) -> Self {
        let [usual, largest] = WINDOWS;
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(length.saturating_mul(SHRUNK).clamp(usual, largest));
        Self { input, decoder, open: false, any: false }
    }

    /// Decodes up to `out.len()` bytes. 0 only at the end of the stream, and then all its checksums have been verified.
    pub(super) fn read(&mut self, out: &mut [u8]) -> Result<usize, Stop> {
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            if !self.open && !self.start()? {
                return Ok(0);
            }
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                let one = BlockDecodingStrategy::UptoBlocks(1);
                self.decoder.decode_blocks(&mut self.input, one).map_err(damaged)?;
            }
            let got = self.decoder.read(out).map_err(Stop::Read)?;
            if got > 0 {
                return Ok(got);
            }
            let stored = self.decoder.get_checksum_from_data();
            if stored.is_some() && stored != self.decoder.get_calculated_checksum() {
                return Err(Stop::Zstd(ZstdFault::Checksum));
            }
            self.open = false;
        }
    }

    /// Begins the next frame; false at the end.
    fn start(&mut self) -> Result<bool, Stop> {
        while !fill(&mut self.input)?.is_empty() {
            match self.decoder.reset(&mut self.input) {
                Ok(()) => {
                    (self.open, self.any) = (true, true);
                    return Ok(true);
                }
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                    self.skip(length.into())?;
                }
                Err(error) => return Err(damaged(error)),
            }
        }
        if self.any { Ok(false) } else { Err(Stop::Zstd(ZstdFault::EndsEarly)) }
    }

    fn skip(&mut self, bytes: u64) -> Result<(), Stop> {
        let mut left = bytes;
        while left > 0 {
            let here = fill(&mut self.input)?.len();
            if here == 0 {
                return Err(Stop::Zstd(ZstdFault::EndsEarly));
            }
            let step = here.min(usize::try_from(left).unwrap_or(here));
            self.input.consume(step);
            left = left.saturating_sub(step as u64);
        }
        Ok(())
    }
}

fn damaged(error: FrameDecoderError) -> Stop {
    let large = matches!(error, FrameDecoderError::WindowSizeTooBig { .. });
    Stop::Zstd(if large { ZstdFault::Window } else { ZstdFault::Damaged })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::FileError;

    /// A frame of two bytes that asks for a window of 2^`power` bytes.
    fn frame(power: u8) -> Vec<u8> {
        let stored_as_the_last_block = [1 | 2 << 3, 0, 0];
        [&MAGIC[..], &[0, (power - 10) << 3], &stored_as_the_last_block, b"ab"].concat()
    }

    #[test]
    fn a_window_is_as_long_as_the_stream_may_need() {
        let read = |power: u8, length: u64| {
            let (stream, mut out) = (frame(power), [0; 4]);
            Unzstd::new(&stream[..], length).read(&mut out).map(|got| out[..got].to_vec())
        };
        for (power, length) in [(23, 14), (24, 1 << 12), (27, 1 << 15), (27, u64::MAX)] {
            assert_eq!(read(power, length).ok(), Some(b"ab".to_vec()), "{power} {length}");
        }
        for (power, length) in [(24, 14), (27, (1 << 15) - 1), (28, u64::MAX)] {
            assert!(matches!(read(power, length), Err(Stop::Zstd(ZstdFault::Window))), "{power} {length}");
        }
        let told = |fault| FileError::Zstd { path: "a.nii.zst".into(), fault }.to_string();
        assert!(told(ZstdFault::Window).ends_with("at most with level 19 and without --long"));
        assert!(told(ZstdFault::Damaged).ends_with("its data are damaged; copy or download the file again"));
    }
}
