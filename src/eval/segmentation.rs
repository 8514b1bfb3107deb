//! What the headers of 3D Slicer's segmentations say, as far as the evaluator asks.

use super::grids::{GeometryRule, Together};
use super::rules::Rules;
use super::warning::Warning;
use crate::error::FileError;
use crate::io::nrrd::{self, Representation, Segmentation};
use crate::io::{Grid, Placement};
use std::collections::BTreeSet;
use std::path::Path;

/// What the header of a file says about segments; None for a label map.
pub(super) fn segmentation_of(path: &Path) -> Result<Option<Segmentation>, FileError> {
    let named = path.extension().is_some_and(|end| ["nrrd", "nhdr"].iter().any(|nrrd| end.eq_ignore_ascii_case(nrrd)));
    if named && path.is_file() { nrrd::segmentation(path) } else { Ok(None) }
}

/// The names of segments, each once.
pub(super) fn segment_names(segmentation: &Segmentation) -> impl Iterator<Item = &str> {
    let names: BTreeSet<&str> = segmentation.segments.iter().map(|segment| segment.name.as_str()).collect();
    names.into_iter()
}

/// Whether the labels of a segmentation can be compared as those of a label map: they are labels, no two layers overlap,
/// and there is more than the one voxel that stands for nothing.
pub(super) fn is_label_map(path: &Path, found: &Segmentation) -> bool {
    found.representation == Representation::Labels
        && !found.segments.is_empty()
        && found.segments.iter().all(|segment| segment.layer == 0)
        && nrrd::read_header(path).is_ok_and(|header| header.shape.iter().any(|&length| length != 1))
}

/// How a segmentation and another file belong together, if they are on one lattice: Slicer stores the box in which there is
/// something, wherever that begins and ends, so that there is nothing to say about it.
pub(super) fn boxes([truth, pred]: [Grid<'_>; 2], rules: &Rules) -> Option<Together> {
    if rules.geometry == GeometryRule::Off {
        return None;
    }
    let place = Placement::of(truth, pred).filter(|place| !place.is_identity())?;
    let warnings = if place.is_reordered() { vec![Warning::Reordered] } else { Vec::new() };
    Some(Together { gap: Some(place.gap()), place: Some(place), warnings })
}
