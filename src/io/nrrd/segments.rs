//! The names of segments, as 3D Slicer writes them into a `.seg.nrrd`.

use super::header;
use super::pairs::{Declared, declared, has_one_each, unescaped};
#[allow(unused_imports)] // `HeaderFault`: the documentation links to it
use crate::error::{FileError, HeaderFault};
use crate::io::geometry::{Geometry, Units};
use crate::io::input::Input;

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

/// What a header says about a segmentation of 3D Slicer.
#[derive(Clone, Debug, PartialEq)]
pub struct Segmentation {
    /// In the order of their numbers.
    pub segments: Vec<Segment>,
    /// What the voxels are.
    pub representation: Representation,
    /// The grid of the image that was segmented, of which the file may hold a box only.
    pub reference: Option<ReferenceGrid>,
}

/// What the voxels of a segmentation are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Representation {
    /// The label of a segment, or 0.
    Labels,
    /// How much of the voxel is inside: no labels.
    Fractional,
}

/// A grid of voxels: its lengths, x first, and where it lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReferenceGrid {
    /// The lengths, x first.
    pub shape: [u64; 3],
    /// Size and place of the voxels.
    pub geometry: Geometry,
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
/// As [`read`](super::read), for the header, [`HeaderFault::Key`] for a label or a layer that is not a number, and
/// [`HeaderFault::KeyTwice`] for a key with two values.
pub fn segments(input: impl Into<Input>) -> Result<Vec<Segment>, FileError> {
    Ok(segmentation(input)?.map_or_else(Vec::new, |found| found.segments))
}

/// Reads what the header of a file says about its segmentation; `None` for a file that is not a segmentation. The
/// voxels are not looked at, and may be missing. What [`segments`] says about segments holds here.
///
/// ```
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("case_001.seg.nrrd");
/// # let text = "NRRD0004\ntype: uchar\ndimension: 3\nsizes: 1 1 1\nencoding: raw\nSegment0_Name:=liver\n\
/// #     Segmentation_MasterRepresentation:=Fractional labelmap\n\n\0";
/// # std::fs::write(&path, text).unwrap();
/// use voxdice::io::nrrd::{Representation, segmentation};
/// let found = segmentation(&path)?.ok_or("an ordinary image")?;
/// assert_eq!(found.representation, Representation::Fractional);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// As [`segments`].
pub fn segmentation(input: impl Into<Input>) -> Result<Option<Segmentation>, FileError> {
    let input = input.into();
    let path = input.path();
    let (text, _) = header::text(input.file().open()?.0, path)?;
    let fault = |fault| FileError::Header { path: path.to_path_buf(), fault };
    let declared = declared(&text.pairs).map_err(fault)?;
    let about: Vec<(String, &str)> = about(&text.pairs).collect();
    if declared.is_empty() && about.is_empty() {
        return Ok(None);
    }
    let one_each = has_one_each(&declared) && text.recipe(path)?.header.channels == declared.len() as u64;
    let segment = |(place, (number, segment)): (u64, (u64, Declared))| Segment {
        name: segment.name.or(segment.id).unwrap_or_else(|| format!("Segment{number}")),
        label: segment.label.unwrap_or(1),
        layer: segment.layer.unwrap_or(if one_each { place } else { 0 }),
    };
    let value = |key: &str| about.iter().find(|(own, _)| own == key).map(|(_, value)| *value);
    Ok(Some(Segmentation {
        segments: (0..).zip(declared).map(segment).collect(),
        representation: representation(value),
        reference: value("ConversionParameters").and_then(reference),
    }))
}

/// The keys about the segmentation as a whole, without their common start.
fn about(pairs: &[(String, String)]) -> impl Iterator<Item = (String, &str)> {
    let own = |key: &str| Some(unescaped(key.trim()).strip_prefix("Segmentation_")?.to_owned());
    pairs.iter().filter_map(move |(key, value)| Some((own(key)?, value.trim())))
}

/// Slicer stores what it calls the master or, in later versions, the source; surfaces are stored as labels. Without
/// either, a file has what it contains.
fn representation<'a>(value: impl Fn(&str) -> Option<&'a str>) -> Representation {
    const FRACTIONAL: &str = "Fractional labelmap";
    let stored = value("MasterRepresentation").or_else(|| value("SourceRepresentation"));
    let contained =
        || value("ContainedRepresentationNames").unwrap_or_default().split('|').any(|name| name == FRACTIONAL);
    match stored {
        Some(FRACTIONAL) => Representation::Fractional,
        None if contained() => Representation::Fractional,
        _ => Representation::Labels,
    }
}

/// `name|value|description&...`, of which one value is a matrix from voxels to the world (RAS) by rows, and an extent.
fn reference(parameters: &str) -> Option<ReferenceGrid> {
    let mut all = parameters.split('&').map(|parameter| parameter.split('|'));
    let text =
        all.find_map(|mut parts| parts.next().filter(|name| *name == "Reference image geometry").and(parts.next()))?;
    let numbers: Vec<f64> = text
        .split(';')
        .filter(|word| !word.trim().is_empty())
        .map(|word| word.trim().parse().ok())
        .collect::<Option<_>>()?;
    let (matrix, extent) = (numbers.first_chunk::<12>()?, numbers.get(16..22)?);
    let [a, b, c, d, e, f, g, h, i, j, k, l] = *matrix;
    let mut rows = [[a, b, c, d], [e, f, g, h], [i, j, k, l]];
    let mut shape = [0; 3];
    for (length, ends) in shape.iter_mut().zip(extent.chunks(2)) {
        let [first, last] = ends.first_chunk::<2>()?;
        *length = span(*first, *last)?;
    }
    let first = [extent.first()?, extent.get(2)?, extent.get(4)?];
    for [x, y, z, shift] in &mut rows {
        *shift += *x * first[0] + *y * first[1] + *z * first[2];
    }
    let [x, y, z] = rows;
    let axes = [[x[0], y[0], z[0]], [x[1], y[1], z[1]], [x[2], y[2], z[2]]].map(|direction| (1.0, direction));
    let mut geometry = Geometry::from_axes(axes, [x[3], y[3], z[3]], [1.0; 3], Units::Millimetre);
    geometry.measure();
    geometry.check(&shape).ok()?;
    Some(ReferenceGrid { shape, geometry })
}

/// Voxels from the first to the last.
fn span(first: f64, last: f64) -> Option<u64> {
    let voxels = last - first + 1.0;
    // Whole numbers up to here are what they are in f64, and no image is longer.
    let whole = voxels.fract() == 0.0 && (1.0..=f64::from(u32::MAX)).contains(&voxels);
    whole.then_some(voxels as u64)
}
