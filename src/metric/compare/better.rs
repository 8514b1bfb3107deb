//! Which way a score is better.

/// Which way a score is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Better {
    /// More is better, as of overlaps.
    Higher,
    /// Less is better, as of distances and error rates.
    Lower,
}

impl Better {
    /// A difference, positive where it is for the better.
    pub fn gain(self, difference: f64) -> f64 {
        match self {
            Self::Higher => difference,
            Self::Lower => -difference,
        }
    }
}
