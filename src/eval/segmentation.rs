//! What the headers of 3D Slicer's segmentations say, as far as the evaluator asks.

use crate::error::FileError;
use crate::io::Input;
use crate::io::nrrd::{self, Representation, Segmentation};
use std::collections::BTreeSet;

/// What the header of a file says about segments; None for a label map.
pub(super) fn segmentation_of(input: &Input) -> Result<Option<Segmentation>, FileError> {
    let end = input.path().extension();
    let named = end.is_some_and(|end| ["nrrd", "nhdr"].iter().any(|nrrd| end.eq_ignore_ascii_case(nrrd)));
    if named && input.is_file() { nrrd::segmentation(input) } else { Ok(None) }
}

/// The names of segments, each once.
pub(super) fn segment_names(segmentation: &Segmentation) -> impl Iterator<Item = &str> {
    let names: BTreeSet<&str> = segmentation.segments.iter().map(|segment| segment.name.as_str()).collect();
    names.into_iter()
}

/// Whether the labels of a segmentation can be compared as those of a label map: they are labels, no two layers overlap,
/// and there is more than the one voxel that stands for nothing.
pub(super) fn is_label_map(input: &Input, found: &Segmentation) -> bool {
    found.representation == Representation::Labels
        && !found.segments.is_empty()
        && found.segments.iter().all(|segment| segment.layer == 0)
        && nrrd::read_header(input).is_ok_and(|header| header.shape.iter().any(|&length| length != 1))
}
