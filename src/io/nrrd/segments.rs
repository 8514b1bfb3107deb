//! The names of segments, as 3D Slicer writes them into a `.seg.nrrd`.

use std::collections::BTreeMap;
use std::path::Path;

use super::header;
use crate::error::{FileError, HeaderFault};
use crate::io::file::open;
use crate::io::text::quoted;

/// A segment that a header declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// What the user calls it; without a name its ID, and without an ID the start of its keys, such as `Segment0`.
    pub name: String,
    /// The label of its voxels.
    pub label: u64,
    /// The layer (channel) in which its voxels are, from 0.
    pub layer: u64,
}

/// What a header says about one segment.
#[derive(Default)]
struct Declared {
    name: Option<String>,
    id: Option<String>,
    label: Option<u64>,
    layer: Option<u64>,
}

/// Reads which segments the header of a file declares, in the order of their numbers; none for an ordinary file. The
/// voxels are not looked at, and may be missing.
///
/// A segment without a label has label 1, and without a layer it is in layer 0. Slicer before 2020 knew neither: it gave
/// each segment a layer, and so it is here where no segment has a layer and there are as many channels as segments.
///
/// Slicer writes a segmentation without voxels as an image of 1 x 1 x 1.
///
/// ```
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("case_001.seg.nrrd");
/// # let text = "NRRD0004\ntype: uchar\ndimension: 3\nsizes: 1 1 1\nencoding: raw\nSegment0_Name:=liver\nSegment0_LabelValue:=7\n\n\0";
/// # std::fs::write(&path, text).unwrap();
/// use voxdice::io::nrrd::{Segment, segments};
/// assert_eq!(segments(&path)?, [Segment { name: "liver".into(), label: 7, layer: 0 }]);
/// # Ok::<(), voxdice::error::FileError>(())
/// ```
///
/// # Errors
///
/// As [`read`](super::read), for the header, and [`HeaderFault::Key`] for a label or a layer that is no number.
pub fn segments(path: impl AsRef<Path>) -> Result<Vec<Segment>, FileError> {
    let path = path.as_ref();
    let (text, _) = header::text(open(path)?.0, path)?;
    let declared = declared(&text.pairs).map_err(|fault| FileError::Header { path: path.to_path_buf(), fault })?;
    let unlayered = declared.len() > 1 && declared.values().all(|segment| segment.layer.is_none());
    let one_each = unlayered && text.recipe(path)?.header.channels == declared.len() as u64;
    let segment = |(place, (number, segment)): (u64, (u64, Declared))| Segment {
        name: segment.name.or(segment.id).unwrap_or_else(|| format!("Segment{number}")),
        label: segment.label.unwrap_or(1),
        layer: segment.layer.unwrap_or(if one_each { place } else { 0 }),
    };
    Ok((0..).zip(declared).map(segment).collect())
}

/// Segments by number. A key that is there twice has the last of its values, as for the format's own library.
fn declared(pairs: &[(String, String)]) -> Result<BTreeMap<u64, Declared>, HeaderFault> {
    let mut segments: BTreeMap<u64, Declared> = BTreeMap::new();
    for (key, value) in pairs {
        let key = unescaped(key.trim());
        let Some((number, what)) = key.strip_prefix("Segment").and_then(|rest| rest.split_once('_')) else { continue };
        let Ok(number) = number.parse() else { continue };
        let text = unescaped(value.trim());
        let whole = || {
            text.parse().map_err(|_| HeaderFault::Key {
                key: key.clone(),
                value: quoted(&text),
                expected: "a whole number from 0 up",
            })
        };
        // Others, such as the colour, are about display.
        match what {
            "Name" => segments.entry(number).or_default().name = Some(text),
            "ID" => segments.entry(number).or_default().id = Some(text),
            "LabelValue" => segments.entry(number).or_default().label = Some(whole()?),
            "Layer" => segments.entry(number).or_default().layer = Some(whole()?),
            _ => {}
        }
    }
    Ok(segments)
}

/// `\n` is the end of a line, and `\\` a backslash.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(letter) = rest.next() {
        let after = rest.as_str();
        match (letter, after.chars().next()) {
            ('\\', Some('n')) => plain.push('\n'),
            ('\\', Some('\\')) => plain.push('\\'),
            _ => {
                plain.push(letter);
                continue;
            }
        }
        rest.next();
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_those_of_the_format() {
        for (text, plain) in
            [(r"a\nb", "a\nb"), (r"a\\nb", r"a\nb"), (r"\\\n", "\\\n"), (r"a\tb", r"a\tb"), ("\\", "\\"), ("", "")]
        {
            assert_eq!(unescaped(text), plain, "{text}");
        }
    }
}
