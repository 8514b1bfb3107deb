//! NumPy's archives of arrays, `.npz`: one of the arrays as a `.npy` file in memory.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use flate2::read::DeflateDecoder;
use rawzip::{CompressionMethod, ErrorKind, RECOMMENDED_BUFFER_SIZE, ZipArchive};

use super::archived::parts;
use super::gzip::at_most;
use super::input::{FileRef, Input};
use crate::error::{FileAction, FileError, NpzFault};

/// The array that a path names, as a file in memory; None where it names no archive.
pub(super) fn array(file: &FileRef<'static>) -> Result<Option<Input>, FileError> {
    let Some((archive, member)) = parts(file.path()) else { return Ok(None) };
    let (name, bytes) = member_of(&file.beside(archive), member.as_deref())?;
    let path = if member.is_some() { file.path().to_path_buf() } else { joined(file.path(), &name) };
    Ok(Some(Input::owned(path, bytes)))
}

fn joined(archive: &Path, member: &str) -> PathBuf {
    let mut path = archive.as_os_str().to_owned();
    path.push(":");
    path.push(member);
    path.into()
}

/// A name of the archive, which may hold anything, for messages and to be written on a command line.
fn plain(name: &str) -> String {
    name.replace(char::is_control, "\u{fffd}")
}

/// The name and the bytes of one array.
fn member_of(archive: &FileRef<'static>, wanted: Option<&str>) -> Result<(String, Vec<u8>), FileError> {
    let path = archive.path();
    let fault = |fault| FileError::Npz { path: path.to_path_buf(), fault };
    let damaged = |error: rawzip::Error| fault(NpzFault::Damaged(error.to_string()));
    let (reader, length) = archive.open()?;
    let mut buffer = vec![0; RECOMMENDED_BUFFER_SIZE];
    let archive = ZipArchive::from_seekable(reader, &mut buffer).map_err(|error| match error.kind() {
        ErrorKind::MissingEndOfCentralDirectory => fault(NpzFault::NoArchive),
        _ => damaged(error),
    })?;
    let mut arrays: Vec<(String, _, _)> = Vec::new();
    let mut entries = archive.entries(&mut buffer);
    while let Some(entry) = entries.next_entry().map_err(damaged)? {
        let name = plain(&String::from_utf8_lossy(entry.file_path().as_ref()));
        if let Some(name) = name.strip_suffix(".npy") {
            let array = (name.to_owned(), entry.wayfinder(), entry.compression_method());
            // Of two of one name the last one counts, as in Python.
            match arrays.iter_mut().find(|(other, ..)| other == name) {
                Some(before) => *before = array,
                None => arrays.push(array),
            }
        }
    }
    let found = match wanted {
        Some(wanted) => arrays.iter().find(|(name, ..)| name == wanted),
        None if arrays.len() < 2 => arrays.first(),
        None => return Err(fault(NpzFault::Several(arrays.into_iter().map(|(name, ..)| name).collect()))),
    };
    let Some((name, wayfinder, method)) = found else {
        let members = arrays.into_iter().map(|(name, ..)| name).collect();
        return Err(fault(wanted.map_or(NpzFault::Nothing, |name| NpzFault::NoMember { name: name.into(), members })));
    };
    // No more memory than the file can back.
    let (packed, bytes) = (wayfinder.compressed_size_hint(), wayfinder.uncompressed_size_hint());
    let most = if *method == CompressionMethod::STORE { packed } else { at_most(packed) };
    if packed > length || bytes > most {
        let claim = format!("{name} is said to have {bytes} bytes in {packed}, and the archive has {length}");
        return Err(fault(NpzFault::Damaged(claim)));
    }
    let entry = archive.get_entry(*wayfinder).map_err(damaged)?;
    let stored = entry.reader();
    let read = match *method {
        CompressionMethod::STORE => all(entry.verifying_reader(stored), bytes),
        CompressionMethod::DEFLATE => all(entry.verifying_reader(DeflateDecoder::new(stored)), bytes),
        _ => return Err(fault(NpzFault::Packed { name: name.clone() })),
    };
    match read {
        Ok(array) => Ok((name.clone(), array)),
        Err(source) if source.kind() == io::ErrorKind::OutOfMemory => {
            Err(FileError::OutOfMemory { path: path.to_path_buf(), bytes, source: None })
        }
        Err(source) if source.get_ref().is_none() => {
            Err(FileError::Io { path: path.to_path_buf(), action: FileAction::Read, source })
        }
        Err(source) => Err(fault(NpzFault::Damaged(format!("{name}: {source}")))),
    }
}

/// Everything, of which so many bytes are expected.
fn all(mut reader: impl Read, bytes: u64) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    let room = usize::try_from(bytes).map_err(|_| io::ErrorKind::OutOfMemory)?;
    out.try_reserve_exact(room).map_err(|_| io::ErrorKind::OutOfMemory)?;
    // One byte more shows that there are more.
    reader.by_ref().take(bytes.saturating_add(1)).read_to_end(&mut out)?;
    Ok(out)
}
