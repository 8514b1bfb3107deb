//! Names of arrays in archives.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use super::file::ends_in;

/// A path as the archive that it names and the array that is meant: `a.npz` (its only one) or `a.npz:pred`. None of other files.
pub(super) fn parts(path: &Path) -> Option<(PathBuf, Option<String>)> {
    if ends_in(path, "npz") {
        return Some((path.to_path_buf(), None));
    }
    let name = path.file_name()?.to_str()?;
    let at = name.to_ascii_lowercase().find(".npz:")?;
    let (archive, member) = name.split_at_checked(at.checked_add(".npz".len())?)?;
    let member = member.strip_prefix(':')?;
    Some((path.with_file_name(archive), Some(member.strip_suffix(".npy").unwrap_or(member).into())))
}

/// The file on the disk that a path leads to: that of an array in an archive is the archive.
#[cfg(feature = "eval")]
pub(super) fn on_disk(path: &Path) -> Cow<'_, Path> {
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
        ] {
            assert_eq!(of(path), Some((archive.into(), member.into())), "{path}");
        }
        for path in ["a.npy", "a.npz.npy", "a.npz:b/c.nii", "", ".."] {
            assert_eq!(of(path), None, "{path}");
        }
    }
}
