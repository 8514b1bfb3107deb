//! When a distance is within a tolerance.

#[allow(unused_imports)] // `Error`: the documentation links to it
use crate::error::{Error, Result};
use crate::metric::wrong::wrong;
use crate::stats::Surface;

/// How a distance is compared with a tolerance. Where a boundary is off by exactly the tolerance, rounding decides in floating
/// point: 3 · 1.1 > 3.3 in `f64`, and not in `f32`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ToleranceRule {
    /// In whole numbers, with [`SLACK`](crate::stats::SLACK): a boundary that is off by the tolerance is within it.
    #[default]
    Slack,
    /// In `f64`. Other tools round their distances otherwise, so that a tie need not be theirs.
    F64,
    /// Both rounded to `f32`: MONAI.
    F32,
}

/// How far a boundary may be off, and how that is compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tolerance {
    mm: f64,
    rule: ToleranceRule,
}

impl Tolerance {
    /// A tolerance by any rule.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless it is finite and at least 0.
    pub fn new(mm: f64, rule: ToleranceRule) -> Result<Self> {
        if mm.is_finite() && mm >= 0.0 {
            return Ok(Self { mm, rule });
        }
        Err(wrong("a tolerance", mm, "finite and at least 0"))
    }

    /// A tolerance by [`ToleranceRule::Slack`].
    ///
    /// # Errors
    /// [`Error::Parameter`] unless it is finite and at least 0.
    pub fn mm(mm: f64) -> Result<Self> {
        Self::new(mm, ToleranceRule::Slack)
    }

    pub(super) fn holds(&self, surface: &Surface, squared: u64) -> bool {
        let lattice = surface.lattice();
        match self.rule {
            ToleranceRule::Slack => squared <= lattice.within(self.mm),
            ToleranceRule::F64 => lattice.distance(squared) <= self.mm,
            ToleranceRule::F32 => lattice.distance(squared) as f32 <= self.mm as f32,
        }
    }
}
