//! What warnings are about.

use crate::eval::named::named;

/// What a [`Warning`](super::Warning) is about. Its name is stable, for scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum WarningKind {
    /// The two grids lie apart.
    Geometry,
    /// The same points in another order.
    Reordered,
    /// A box of the other's lattice.
    Padded,
    /// No voxel in common.
    NothingShared,
    /// One file under two names.
    SameFile,
    /// An array that may be transposed.
    AxisOrder,
    /// Labels that are not counted.
    UnlistedLabels,
    /// Too many labels for a label map.
    ManyLabels,
    /// A class that neither file has.
    AbsentLabels,
    /// No label in common.
    NoCommonLabel,
    /// Segments compared by their values.
    ByValue,
    /// Values that no segment declares.
    UndeclaredValues,
    /// Files that are not masks.
    NotMasks,
    /// Pictures that may be slices.
    LikeSlices,
    /// Masks that are not counted.
    UnlistedMasks,
    /// Masks that one side lacks.
    NoMask,
    /// Bytes behind the voxels.
    SurplusBytes,
    /// Pictures of 0 and 255 alone, taken as masks.
    White,
    /// Labels of which a threshold made one.
    MergedLabels,
}

named!(WarningKind, "the kind of a warning" {
    Geometry = "geometry",
    Reordered = "reordered",
    Padded = "padded",
    NothingShared = "nothing_shared",
    SameFile = "same_file",
    AxisOrder = "axis_order",
    UnlistedLabels = "unlisted_labels",
    ManyLabels = "many_labels",
    AbsentLabels = "absent_labels",
    NoCommonLabel = "no_common_label",
    ByValue = "by_value",
    UndeclaredValues = "undeclared_values",
    NotMasks = "not_masks",
    LikeSlices = "like_slices",
    UnlistedMasks = "unlisted_masks",
    NoMask = "no_mask",
    SurplusBytes = "surplus_bytes",
    White = "white",
    MergedLabels = "merged_labels",
});

impl WarningKind {
    /// Whether this is harmless: the voxels were handled as the files say.
    pub fn is_note(self) -> bool {
        matches!(self, Self::Reordered | Self::Padded | Self::White)
    }

    /// Whether this may come from a header that is wrong.
    pub fn is_of_headers(self) -> bool {
        matches!(self, Self::Geometry | Self::NothingShared)
    }
}
