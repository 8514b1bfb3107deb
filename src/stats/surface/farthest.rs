//! Where the largest distance is.

/// An element that is farthest from its target. Places are in voxels of the image, slowest axis first and counted from the
/// centre of the first voxel, so that corners of voxels lie at halves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Farthest {
    pub mm: f64,
    /// Whether it is an element of the truth's boundary.
    pub of_truth: bool,
    pub element: [f64; 3],
    /// The nearest target.
    pub target: [f64; 3],
}
