//! Result files: complete under their name, or not there at all. And files of text that are read.

use super::interrupt;
use crate::io;
use anyhow::{Context, Result, bail};
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// A file that is to be written, and the flag that named it.
pub(super) type Named<'a> = (&'static str, &'a Path);

/// Reports files of text that cannot be written, have the name of a volume, or would overwrite each other or an input.
pub(super) fn check_texts(outputs: &[(&'static str, Option<&Path>)], inputs: &[&Path]) -> Result<()> {
    let named: Vec<Named<'_>> = outputs.iter().filter_map(|&(flag, path)| Some((flag, path?))).collect();
    check_outputs(&named, inputs)?;
    check_no_volume(&named)
}

/// Writes all files or none: each is complete under a hidden name before the first one appears.
pub(super) fn write_all<'a>(files: impl IntoIterator<Item = (&'a Path, &'a str)>) -> Result<()> {
    let files = files.into_iter().map(|(path, text)| Pending::write(path, text));
    let mut all: Vec<Pending> = files.collect::<Result<_>>()?;
    interrupt::check()?;
    // Steps that can still fail are done first.
    all.sort_by_key(|pending| !pending.is_direct());
    all.into_iter().try_for_each(Pending::publish)
}

/// Reports results that cannot be written, or would overwrite each other or an input, before any time is spent.
pub(super) fn check_outputs(outputs: &[Named<'_>], inputs: &[&Path]) -> Result<()> {
    for (place, &(flag, path)) in outputs.iter().enumerate() {
        if path == Path::new("-") {
            bail!(
                "{flag} -: a file is written here, and what goes to stdout is chosen by --format; leave {flag} out, or \
                 write ./- if the file is to be called so"
            );
        }
        check_writable(path)?;
        if is_special(path) {
            continue;
        }
        let whole = identity(path);
        if let Some((other, _)) = outputs[..place].iter().find(|(_, other)| identity(other) == whole) {
            bail!("{}: {other} and {flag} both name this file; name two", path.display());
        }
        if inputs.iter().any(|input| identity(&io::on_disk(input)) == whole) {
            bail!("{}: this is an input, and {flag} would write over it; name another file", path.display());
        }
    }
    Ok(())
}

/// Refuses a name that an array cannot have: a whole file takes its place.
pub(super) fn check_array(flag: &str, path: &Path) -> Result<()> {
    if is_special(path) {
        bail!("{}: this is a pipe or a device, which the file of {flag} would replace; name a file", path.display());
    }
    if io::stem(path).is_some() && !io::is_array(path) {
        bail!(
            "{}: {flag} writes a NumPy array, and this is the name of another format; end it with .npy",
            path.display()
        );
    }
    Ok(())
}

/// Refuses the name of a volume for a result that is not a volume: a typing error would overwrite a label map.
fn check_no_volume(outputs: &[Named<'_>]) -> Result<()> {
    let is_volume = |path: &Path| io::stem(path).is_some() || io::is_array(path);
    match outputs.iter().find(|(_, path)| is_volume(path) || is_volume(&destination(path))) {
        None => Ok(()),
        Some((flag, path)) => bail!(
            "{}: this is the name of a volume, and {flag} writes none; name a file with another ending",
            path.display()
        ),
    }
}

fn check_writable(path: &Path) -> Result<()> {
    if path.is_dir() {
        bail!("{}: this is a folder; name the file to write", path.display());
    }
    match path.metadata() {
        Ok(found) if !found.is_file() => return Ok(()),
        Ok(found) if found.permissions().readonly() => {
            bail!("{}: this file is write-protected; allow writing, or name another file", path.display())
        }
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("{}: cannot be written; name another file", path.display()));
        }
        _ => {}
    }
    let target = destination(path);
    let folder = folder(&target);
    if target.file_name().is_none() || path.to_string_lossy().ends_with(std::path::is_separator) {
        bail!("{}: this is the name of a folder; name the file to write", path.display());
    }
    if !folder.is_dir() {
        bail!("{}: there is no folder {}; make it first", path.display(), folder.display());
    }
    // Whether a file can be made there only the system knows.
    drop(Pending::reserve(path)?);
    Ok(())
}

/// A pipe or a device, which is written to as it is.
fn is_special(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| !found.is_file())
}

/// Where a name leads, through links, also where nothing is yet: a result goes to where the link points, and the link
/// stays.
fn destination(path: &Path) -> PathBuf {
    let mut target = path.to_path_buf();
    // Links in a circle were refused by the system before.
    for _ in 0..40 {
        match fs::read_link(&target) {
            Ok(next) => target = folder(&target).join(next),
            Err(_) => break,
        }
    }
    target
}

/// The same for all names of a file but hard links.
fn identity(path: &Path) -> PathBuf {
    let target = destination(path);
    let folder = folder(&target);
    folder.canonicalize().unwrap_or(folder).join(target.file_name().unwrap_or_default())
}

/// Whether a file is the folder itself or would lie in it, whatever links its name goes through.
pub(super) fn is_within(path: &Path, folder: &Path) -> bool {
    identity(path).starts_with(identity(folder))
}

/// A file that is written under a hidden name, and removed again unless it gets its final name. What is not a file (a
/// pipe, a device) cannot be replaced and is written to at the end.
#[derive(Debug)]
pub(super) struct Pending {
    hidden: PathBuf,
    path: PathBuf,
    direct: Option<String>,
}

/// Characters of a name that the hidden one takes over, so that it is no longer than names may be.
const KEPT: usize = 40;

impl Pending {
    fn write(path: &Path, content: &str) -> Result<Self> {
        if is_special(path) {
            return Ok(Self { hidden: PathBuf::new(), path: path.into(), direct: Some(content.into()) });
        }
        Self::make(path, |hidden| Ok(fs::write(hidden, content)?))
    }

    /// The content that `write` writes under the given name, which is no pipe and no device.
    pub fn make(path: &Path, write: impl FnOnce(&Path) -> Result<()>) -> Result<Self> {
        let pending = Self::reserve(path)?;
        write(&pending.hidden).and_then(|()| pending.settle()).with_context(|| refused(path))?;
        Ok(pending)
    }

    /// An empty file under a unique hidden name. The name must differ from that of any other process (on another
    /// machine or in another container it may have the same number) and of one that was killed.
    fn reserve(path: &Path) -> Result<Self> {
        let target = destination(path);
        let name = target.file_name().with_context(|| format!("{}: not the name of a file", path.display()))?;
        let name: String = name.to_string_lossy().chars().take(KEPT).collect();
        let mut attempt = 0;
        loop {
            let hidden = OsString::from(format!(".{name}.{}-{attempt}.part", std::process::id()));
            let hidden = folder(&target).join(hidden);
            match OpenOptions::new().write(true).create_new(true).open(&hidden) {
                Ok(_) => return Ok(Self { hidden, path: target, direct: None }),
                Err(error) if error.kind() == ErrorKind::AlreadyExists && attempt < 1000 => attempt += 1,
                Err(error) => return Err(error).with_context(|| refused(path)),
            }
        }
    }

    /// Gives the file the rights of the one whose place it will take, and brings it to the disk: some network drives
    /// report only then that they are full.
    fn settle(&self) -> Result<()> {
        if let Ok(before) = self.path.metadata() {
            // It may belong to another user; then it has the rights of a new file.
            let _ = fs::set_permissions(&self.hidden, before.permissions());
        }
        match OpenOptions::new().write(true).open(&self.hidden)?.sync_all() {
            Err(error) if !matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::InvalidInput) => {
                Err(error.into())
            }
            _ => Ok(()),
        }
    }

    /// Whether nothing is on disk yet, so that writing may fail.
    fn is_direct(&self) -> bool {
        self.direct.is_some()
    }

    /// Takes the place of what was there.
    pub fn publish(mut self) -> Result<()> {
        if let Some(content) = &self.direct {
            return fs::write(&self.path, content).with_context(|| refused(&self.path));
        }
        fs::rename(&self.hidden, &self.path).with_context(|| format!("{}: cannot be replaced", self.path.display()))?;
        self.hidden = PathBuf::new();
        Ok(())
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if !self.hidden.as_os_str().is_empty() {
            // The error that led here says more than this one would.
            let _ = fs::remove_file(&self.hidden);
        }
    }
}

fn refused(path: &Path) -> String {
    format!("{}: cannot be written; check the rights in its folder and the free space", path.display())
}

fn folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.into(),
        _ => PathBuf::from("."),
    }
}

/// Bytes of text that are looked at together.
const PIECE: usize = 1 << 16;

/// A file of text, or a pipe. A file that is not text is refused at the first chunk that is not text, so that an
/// endless device is refused as well. A byte order mark, as Windows writes it, is left out.
pub(super) fn read_text(path: &Path) -> Result<String> {
    if path.is_dir() {
        bail!("{}: this is a folder; name the file itself", path.display());
    }
    let failed = || format!("{}: cannot be read; check the name and its rights", path.display());
    let mut file = File::open(path).with_context(failed)?;
    let (mut bytes, mut checked) = (Vec::new(), 0);
    loop {
        let got = file.by_ref().take(PIECE as u64).read_to_end(&mut bytes).with_context(failed)?;
        if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            bail!(
                "{}: this text is UTF-16; save it as UTF-8 (in PowerShell: | Out-File -Encoding utf8)",
                path.display()
            );
        }
        let new = &bytes[checked..];
        let (valid, broken) = match std::str::from_utf8(new) {
            Ok(_) => (new.len(), false),
            // A character may lie across two chunks.
            Err(error) => (error.valid_up_to(), error.error_len().is_some() || got == 0),
        };
        let zero = new[..valid].iter().position(|&byte| byte == 0);
        if let Some(at) = zero.or(broken.then_some(valid)) {
            bail!("{}: this is no text (byte {}); check that it is the right file", path.display(), checked + at);
        }
        checked += valid;
        if got == 0 {
            break;
        }
    }
    let text = String::from_utf8(bytes).with_context(failed)?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_published_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        fs::write(&path, "old").unwrap();
        drop(Pending::write(&path, "half").unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        Pending::write(&path, "new").unwrap().publish().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn two_files_of_one_name_have_two_hidden_ones() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        let (one, other) = (Pending::write(&path, "one").unwrap(), Pending::write(&path, "other").unwrap());
        one.publish().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "one");
        other.publish().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "other");
    }

    #[test]
    fn names_that_cannot_be_written_are_told_early() {
        let root = tempfile::tempdir().unwrap();
        let path = |name: &str| root.path().join(name);
        fs::write(path("there.json"), "").unwrap();
        let mut rights = path("there.json").metadata().unwrap().permissions();
        rights.set_readonly(true);
        fs::set_permissions(path("there.json"), rights).unwrap();
        for (name, part) in [
            ("", "this is a folder"),
            ("none/a.json", "there is no folder"),
            ("a.json/", "the name of a folder"),
            ("there.json", "write-protected"),
        ] {
            let message = format!("{:#}", check_writable(&path(name)).unwrap_err());
            assert!(message.contains(part), "{name}: {message}");
        }
        // Names may be 255 bytes long, and the hidden one is longer than what it stands for.
        for name in ["a.json".to_owned(), format!("{}.json", "é".repeat(120))] {
            check_writable(&path(&name)).unwrap();
            Pending::write(&path(&name), "").unwrap().publish().unwrap();
        }
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 3);
    }

    #[test]
    fn text_is_read_and_everything_else_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        let read = |bytes: &[u8]| {
            fs::write(&path, bytes).unwrap();
            read_text(&path).map_err(|error| format!("{error:#}"))
        };
        // Characters of two bytes start one byte before a chunk ends, so they lie across chunks.
        let long = format!("x{}", "é".repeat(PIECE));
        assert_eq!(read(long.as_bytes()).unwrap(), long);
        assert_eq!(read("\u{feff}a".as_bytes()).unwrap(), "a");
        assert_eq!(read(b"").unwrap(), "");
        for (bytes, part) in [
            (&b"ab\0"[..], "no text (byte 2)"),
            (b"a\xff", "no text (byte 1)"),
            (b"a\xc3", "no text (byte 1)"),
            (b"\xff\xfea\0", "UTF-16"),
        ] {
            let message = read(bytes).unwrap_err();
            assert!(message.contains(part), "{message}");
        }
        let late = [long.as_bytes(), b"\xff"].concat();
        assert!(read(&late).unwrap_err().contains(&format!("byte {}", long.len())));
        assert!(format!("{:#}", read_text(folder.path()).unwrap_err()).contains("this is a folder"));
    }
}
