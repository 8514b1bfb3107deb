//! Where a surface is sampled and what its distances are measured to.

use super::Spacing;
use crate::error::{Error, Result, by_name};

/// Which points stand for the boundary of a mask: its elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Elements {
    /// Centres of mask voxels with a neighbour outside the mask across a face (6 neighbours, in 2-D 4): most tools.
    #[default]
    Face,
    /// ... across a face or an edge (18 neighbours, in 2-D 8): LiTS.
    Edge,
    /// ... across a face, an edge or a corner (26 neighbours, in 2-D 8): seg-metrics, SimpleITK's `LabelContour`.
    Full,
    /// Corners of voxels, where some of the voxels that meet are in the mask and some are not: DeepMind. They carry an
    /// area.
    Corner,
    /// Centres of all mask voxels, no boundary at all: ITK's `HausdorffDistance`.
    Voxel,
}

impl Elements {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Face, Self::Edge, Self::Full, Self::Corner, Self::Voxel];

    /// The name that a command line knows it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Face => "face",
            Self::Edge => "edge",
            Self::Full => "full",
            Self::Corner => "corner",
            Self::Voxel => "voxel",
        }
    }
}

by_name!(Elements, "the elements of a boundary");

/// What lies beyond the edge of the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ImageEdge {
    /// Background: where a mask touches the edge of the image, there is its boundary.
    #[default]
    Background,
    /// The outermost voxels again: the edge of the image is not a boundary. A mask that fills the image has none.
    Repeat,
}

impl ImageEdge {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Background, Self::Repeat];

    /// The name that a command line knows it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Background => "background",
            Self::Repeat => "repeat",
        }
    }
}

by_name!(ImageEdge, "what lies beyond the image");

/// What distances are measured to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Target {
    /// The other mask's elements.
    #[default]
    Elements,
    /// Any voxel of the other mask: distances are 0 inside it.
    Mask,
    /// The other mask's [`Elements::Face`], for any choice of elements.
    Face,
    /// The other mask's [`Elements::Full`], for any choice of elements.
    Full,
}

impl Target {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Elements, Self::Mask, Self::Face, Self::Full];
}

/// What [`Engine::surfaces`](crate::Engine::surfaces) measures.
///
/// ```
/// use voxdice::stats::{Elements, SurfaceOptions};
/// use voxdice::Spacing;
/// let options = SurfaceOptions { spacing: Spacing::new([3.0, 0.8, 0.8])?, elements: Elements::Corner, ..Default::default() };
/// # assert_eq!(options.spacing.mm(), [3.0, 0.8, 0.8]);
/// # Ok::<(), voxdice::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SurfaceOptions {
    /// Of the spatial axes, in their order. By default 1 along each: distances in voxels.
    pub spacing: Spacing,
    /// Which points stand for a boundary.
    pub elements: Elements,
    /// What lies beyond the image.
    pub image_edge: ImageEdge,
    /// What distances are measured to. Corners are not among voxels: beside [`Elements::Corner`] it is the elements.
    pub target: Target,
}

impl SurfaceOptions {
    pub(crate) fn validate(&self) -> Result<()> {
        if self.elements == Elements::Corner && self.target != Target::Elements {
            let value = format!("{:?}", self.target);
            return Err(Error::Parameter { name: "target", value, range: "Elements, beside Elements::Corner".into() });
        }
        Ok(())
    }
}
