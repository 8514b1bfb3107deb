//! The versions of the format, told by the first four bytes.

use crate::io::voxels::ByteOrder;

/// The version of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// NIfTI-1, from 2004: what nearly every file is.
    One,
    /// NIfTI-2, from 2011: for dimensions above 32767.
    Two,
}

impl Version {
    pub(super) const fn header_len(self) -> usize {
        match self {
            Self::One => 348,
            Self::Two => 540,
        }
    }

    /// Header and the four bytes which say whether extensions follow.
    pub(super) const fn usual_offset(self) -> u64 {
        match self {
            Self::One => 352,
            Self::Two => 544,
        }
    }
}

/// Version and byte order, from the first four bytes: the header's own length.
pub(super) fn recognise(first: [u8; 4]) -> Option<(Version, ByteOrder)> {
    match (i32::from_le_bytes(first), i32::from_be_bytes(first)) {
        (348, _) => Some((Version::One, ByteOrder::Little)),
        (_, 348) => Some((Version::One, ByteOrder::Big)),
        (540, _) => Some((Version::Two, ByteOrder::Little)),
        (_, 540) => Some((Version::Two, ByteOrder::Big)),
        _ => None,
    }
}
