//! Inner bands of masks, for boundary IoU.

use crate::error::{Error, Result};
use crate::stats::{Lattice, Spacing};

/// Which voxels of a mask are near its boundary. The image's edge counts as boundary.
///
/// By name it is `boundary_iou=W`, `boundary_iou_mm=W` or `boundary_iou_below=W`:
///
/// ```
/// use voxdice::Band;
/// assert_eq!("boundary_iou=2".parse::<Band>()?, Band::Voxels(2));
/// assert_eq!(Band::Mm(1.5).to_string(), "boundary_iou_mm=1.5");
/// # Ok::<(), voxdice::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Band {
    /// Voxels with background up to so many steps away, diagonal ones included, at least 1: what as many erosions with all
    /// neighbours take away. Boundary IoU's own code (Cheng et al. 2021), which takes 2 % of the image's diagonal.
    Voxels(u32),
    /// Voxels whose distance to the boundary across faces is at most so many mm, above 0, with
    /// [`SLACK`](crate::stats::SLACK).
    Mm(f64),
    /// Voxels whose distance to the boundary across faces is *below* this many voxels, above 0, ignoring the spacing:
    /// MetricsReloaded.
    BelowVoxels(f64),
}

impl Band {
    /// The width the paper's code takes: 2 % of the diagonal in voxels, rounded, at least 1.
    pub fn of_paper(spatial: &[u64]) -> Self {
        let squares = spatial.iter().map(|&n| n as f64 * n as f64);
        let diagonal = squares.sum::<f64>().sqrt();
        Self::Voxels(((0.02 * diagonal).round_ties_even() as u32).max(1))
    }

    /// So many steps, if that is a whole number of them.
    pub(crate) fn whole_voxels(width: f64) -> Result<Self> {
        let whole = (width >= 1.0 && width <= f64::from(u32::MAX) && width.fract() == 0.0).then_some(width as u32);
        let wrong =
            || Error::Parameter { name: "band", value: width.to_string(), range: "a whole number from 1 up".into() };
        whole.map(Self::Voxels).ok_or_else(wrong)
    }

    /// Itself, if its width is valid.
    pub(crate) fn checked(self) -> Result<Self> {
        self.validate().map(|()| self)
    }

    /// The number behind its name.
    pub(crate) fn width(self) -> f64 {
        match self {
            Self::Voxels(width) => width.into(),
            Self::Mm(width) | Self::BelowVoxels(width) => width,
        }
    }

    /// What its distances are measured on, in an image of these axes: the size of a voxel matters to [`Band::Mm`] alone.
    pub(crate) fn lattice(self, spacing: &Spacing, spatial: &[u64]) -> Result<Lattice> {
        self.validate()?;
        if matches!(self, Self::Mm(_)) {
            Lattice::new(spacing, spatial)
        } else {
            Lattice::new(&Spacing::voxels(), spatial)
        }
    }

    fn validate(self) -> Result<()> {
        let (value, is_fine) = match self {
            Self::Voxels(width) => (width.to_string(), width > 0),
            Self::Mm(width) | Self::BelowVoxels(width) => (width.to_string(), width.is_finite() && width > 0.0),
        };
        if is_fine {
            Ok(())
        } else {
            Err(Error::Parameter { name: "the width of a band", value, range: "finite and above 0".into() })
        }
    }
}
