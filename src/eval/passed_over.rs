//! Pictures beside volumes, which are not looked at.

use super::warning::Side;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;

/// Pictures of one side that lie beside volumes, and that were passed over as previews of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassedOver {
    /// Whose.
    pub side: Side,
    /// How many.
    pub pictures: usize,
    /// The first of them.
    pub first: PathBuf,
}

impl PassedOver {
    /// Of all pictures that were passed over on each side.
    pub(super) fn of([truth, pred]: [Vec<PathBuf>; 2]) -> Vec<Self> {
        let one = |(side, pictures): (Side, Vec<PathBuf>)| {
            Some(Self { side, pictures: pictures.len(), first: pictures.into_iter().min()? })
        };
        Side::BOTH.into_iter().zip([truth, pred]).filter_map(one).collect()
    }
}

impl fmt::Display for PassedOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let &Self { side, pictures, ref first } = self;
        let (s, were) = if pictures == 1 { ("", "was") } else { ("s", "were") };
        write!(
            f,
            "{pictures} picture{s} beside volumes of the {side} {were} passed over as preview{s} ({}); label maps among \
             pictures need a folder of their own",
            first.display()
        )
    }
}
