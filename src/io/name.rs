//! Which files are read, decided by their names.

#[cfg(feature = "eval")]
use super::file::ends_in;
use super::image::READABLE;
#[cfg(feature = "eval")]
use super::image::foreign_by_name;
use std::path::Path;

/// The name of a volume file without its folder and ending, or None for a file of another kind and a hidden one.
///
/// Whether the file is what its name says is not looked at. Names that are not UTF-8 come with replacement characters.
///
/// ```
/// use voxdice::io::stem;
/// assert_eq!(stem("labels/case_001.nii.gz").as_deref(), Some("case_001"));
/// assert_eq!(stem("Segmentation.SEG.NRRD").as_deref(), Some("Segmentation"));
/// assert_eq!(stem("._case_001.nii.gz"), None);
/// assert_eq!(stem("summary.json"), None);
/// ```
pub fn stem(path: impl AsRef<Path>) -> Option<String> {
    let name = path.as_ref().file_name()?.to_string_lossy();
    if name.starts_with('.') {
        return None;
    }
    let lower = name.to_ascii_lowercase();
    // Of two that fit it is the longer one.
    let fit = READABLE.iter().filter(|ending| lower.ends_with(**ending));
    let ending = fit.max_by_key(|ending| ending.len())?;
    // Lower case of ASCII letters has the same bytes in the same places.
    name.get(..name.len().checked_sub(ending.len())?).map(str::to_owned)
}

/// The same of a file of a format that is known and not read.
#[cfg(feature = "eval")]
pub(crate) fn foreign_stem(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_string_lossy();
    if name.starts_with('.') || stem(path).is_some() {
        return None;
    }
    foreign_by_name(path)?;
    // What is packed has two endings, of which the inner one may be read: `a.nii.bz2`.
    let unpacked = if ends_in(path, "gz") { path.with_extension("") } else { path.to_path_buf() };
    let rest = unpacked.with_extension("");
    stem(&rest).or_else(|| Some(rest.file_name()?.to_string_lossy().into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "eval")]
    #[test]
    fn a_case_is_known_by_a_file_that_is_not_read() {
        for (name, case) in [
            ("a.b.jpg", Some("a.b")),
            ("a.nii.bz2", Some("a")),
            ("a.mha.gz", Some("a")),
            ("a.JPEG", Some("a")),
            (".a.jpg", None),
            ("a.nii", None),
            ("a.nii.zst", if cfg!(feature = "images") { None } else { Some("a") }),
            ("a.txt", None),
        ] {
            assert_eq!(foreign_stem(Path::new(name)).as_deref(), case, "{name}");
        }
    }

    #[test]
    fn endings_go_and_the_rest_of_the_name_stays() {
        for (name, expected) in [
            ("a.b.nii", Some("a.b")),
            ("A.NII.GZ", Some("A")),
            ("über.mha", Some("über")),
            ("x.seg.nrrd", Some("x")),
            ("x.seg.nhdr", Some("x")),
            ("x.nrrd", Some("x")),
            ("x.hdr.gz", Some("x")),
            ("x.img", None),
            ("x.raw", None),
            ("x.npz", None),
            ("nii", None),
            ("x.gz", None),
            (".nii", None),
        ] {
            assert_eq!(stem(name).as_deref(), expected, "{name}");
        }
    }
}
