//! Files, opened and read the same way for every format.

use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::Path;

use super::gzip::Stop;
use crate::error::{FileAction, FileError};

/// Buffer for compressed bytes: large enough that system calls do not show in a profile.
const INPUT_BUFFER: usize = 1 << 16;

/// Whether the last extension of a name is this one, in capitals or not.
pub(super) fn ends_in(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found.eq_ignore_ascii_case(extension))
}

/// Opens a regular file, and says how long it is.
pub(super) fn open(path: &Path) -> Result<(BufReader<File>, u64), FileError> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => FileError::missing(path),
        _ => FileError::Io { path: path.to_path_buf(), action: FileAction::Open, source },
    };
    // Asked before it is opened: to open a pipe can block for ever.
    let metadata = fs::metadata(path).map_err(failed)?;
    if !metadata.is_file() {
        return Err(FileError::NotAFile { path: path.to_path_buf(), folder: metadata.is_dir() });
    }
    let file = File::open(path).map_err(failed)?;
    let reader = BufReader::with_capacity(INPUT_BUFFER, file);
    Ok((reader, metadata.len()))
}

/// What a decoder said, as an error of the file.
pub(super) fn broken(path: &Path, stop: Stop) -> FileError {
    let path = path.to_path_buf();
    match stop {
        Stop::Read(source) => FileError::Io { path, action: FileAction::Read, source },
        Stop::Broken(fault, source) => FileError::Gzip { path, fault, source },
        Stop::Zlib(fault, source) => FileError::Zlib { path, fault, source },
        #[cfg(feature = "images")]
        Stop::Zstd(fault) => FileError::Zstd { path, fault },
    }
}

/// Fills a buffer, or as much of it as there are bytes.
pub(super) fn read_full(reader: &mut impl io::Read, mut out: &mut [u8]) -> io::Result<usize> {
    let whole = out.len();
    while !out.is_empty() {
        match reader.read(out) {
            Ok(0) => break,
            Ok(got) => out = out.get_mut(got..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(whole.saturating_sub(out.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::gzip::fill;

    /// Gives a byte at a time with a signal before each, and fails once they are gone.
    struct Interrupted<'a> {
        bytes: &'a [u8],
        signal: bool,
    }

    impl io::Read for Interrupted<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            self.signal = !self.signal;
            if self.signal {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let ([byte, rest @ ..], [into, ..]) = (self.bytes, out) else {
                return Err(io::ErrorKind::UnexpectedEof.into());
            };
            (*into, self.bytes) = (*byte, rest);
            Ok(1)
        }
    }

    #[test]
    fn a_signal_does_not_end_a_read_and_a_failure_does() {
        let mut out = [0; 3];
        let mut reader = Interrupted { bytes: &[1, 2, 3], signal: false };
        assert_eq!(read_full(&mut reader, &mut out).map_err(|e| e.kind()), Ok(3));
        assert_eq!(out, [1, 2, 3]);
        assert_eq!(read_full(&mut reader, &mut out).map_err(|e| e.kind()), Err(io::ErrorKind::UnexpectedEof));
        assert_eq!(read_full(&mut [1, 2].as_slice(), &mut out).map_err(|e| e.kind()), Ok(2));

        let mut reader = BufReader::new(Interrupted { bytes: &[7], signal: false });
        assert_eq!(fill(&mut reader).ok(), Some([7].as_slice()));
        io::BufRead::consume(&mut reader, 1);
        let failed = fill(&mut reader).map(<[u8]>::len);
        assert!(matches!(failed, Err(Stop::Read(error)) if error.kind() == io::ErrorKind::UnexpectedEof));
        assert_eq!(fill(&mut [].as_slice()).ok(), Some([].as_slice()));
    }
}
