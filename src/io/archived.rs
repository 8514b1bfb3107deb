//! Names of arrays in archives.

#[cfg(feature = "eval")]
use std::borrow::Cow;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::file::ends_in;

/// A path as the archive that it names and the array that is meant: `a.npz` (its only one) or `a.npz:pred`, where the first
/// `.npz:` ends the archive, as names of arrays may hold anything. None of other files, as one that lies on the disk under the
/// whole name.
pub(super) fn parts(path: &Path) -> Option<(PathBuf, Option<String>)> {
    if ends_in(path, "npz") {
        return Some((path.to_path_buf(), None));
    }
    let colon = |part: &Path| part.file_name()?.to_str()?.to_ascii_lowercase().find(".npz:")?.checked_add(".npz".len());
    let (part, at) = path.ancestors().filter_map(|part| Some((part, colon(part)?))).last()?;
    let (archive, member) = part.file_name()?.to_str()?.split_at_checked(at)?;
    // A name of an array may hold `/`.
    let (name, below) = (Path::new(member.strip_prefix(':')?), path.strip_prefix(part).ok()?);
    let names: Option<Vec<&str>> = name.iter().chain(below).map(OsStr::to_str).collect();
    let member = names?.join("/");
    if path.exists() {
        return None;
    }
    Some((part.with_file_name(archive), Some(member.strip_suffix(".npy").unwrap_or(&member).into())))
}

/// The file on the disk that a path leads to: that of an array in an archive is the archive.
#[cfg(feature = "eval")]
pub(crate) fn on_disk(path: &Path) -> Cow<'_, Path> {
    parts(path).map_or(Cow::Borrowed(path), |(archive, _)| Cow::Owned(archive))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_an_archive_and_maybe_an_array() {
        let of = |path: &str| {
            let (archive, member) = parts(Path::new(path))?;
            Some((archive.display().to_string(), member.unwrap_or_default()))
        };
        for (path, archive, member) in [
            ("x/a.npz", "x/a.npz", ""),
            ("a.NPZ:pred", "a.NPZ", "pred"),
            ("x/a.npz:pred.npy", "x/a.npz", "pred"),
            ("a.npz:b.npz:c", "a.npz", "b.npz:c"),
            ("ä.npz:ö", "ä.npz", "ö"),
            ("x/a.npz:b/c.npy", "x/a.npz", "b/c"),
            ("x/a.npz:b/c.npz:d", "x/a.npz", "b/c.npz:d"),
            ("a.npz:b.nii", "a.npz", "b.nii"),
        ] {
            assert_eq!(of(path), Some((archive.into(), member.into())), "{path}");
        }
        for path in ["a.npy", "a.npz.npy", "a.npz/b.nii", "", ".."] {
            assert_eq!(of(path), None, "{path}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_of_the_whole_name_is_no_array() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npz:pred.nii");
        assert_eq!(parts(&path), Some((folder.path().join("a.npz"), Some("pred.nii".into()))));
        std::fs::write(&path, "").unwrap();
        assert_eq!(parts(&path), None);
    }
}
