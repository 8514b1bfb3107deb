//! Whose conventions hold: those of an evaluator for classes as a whole, or of a challenge or tool that scores lesions.

use super::convention::Convention;
use super::error::MergeError;
use super::instances::InstanceSearch;
use super::named::ParseError;
use crate::error::did_you_mean;
use crate::metric::instances::InstancePreset;
use std::fmt;
use std::str::FromStr;

/// The conventions of an evaluator, or a challenge or tool that scores lesions.
///
/// ```
/// use voxdice::eval::{Convention, Like};
/// let like: Like = "BraTS23-GLI".parse()?;
/// assert_eq!(like.convention(), Some(Convention::Brats23), "its regions are scored as wholes, too");
/// assert_eq!(like.lesions().map(|preset| preset.name()), Some("brats23-gli"));
/// assert_eq!("nnunet".parse(), Ok(Like::Convention(Convention::Nnunet)));
/// # Ok::<(), voxdice::eval::ParseError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Like {
    /// Of classes as a whole.
    Convention(Convention),
    /// Of lesions.
    Lesions(InstancePreset),
}

impl Like {
    /// Conventions about classes as a whole. Those of BraTS 2023 hold for its regions too.
    pub fn convention(self) -> Option<Convention> {
        match self {
            Self::Convention(convention) => Some(convention),
            Self::Lesions(preset) => preset.name().starts_with("brats23").then_some(Convention::Brats23),
        }
    }

    /// Whose lesions are looked for.
    pub fn lesions(self) -> Option<InstancePreset> {
        match self {
            Self::Convention(_) => None,
            Self::Lesions(preset) => Some(preset),
        }
    }

    /// Whether results can be as this says: lesions are those that were found when the cases were evaluated.
    ///
    /// # Errors
    /// [`MergeError::OtherLesions`] where others were looked for, or none.
    pub fn check_stored(self, search: Option<&InstanceSearch>) -> Result<(), MergeError> {
        match self.lesions().filter(|own| search.and_then(|search| search.preset) != Some(*own)) {
            Some(preset) => Err(MergeError::OtherLesions(preset)),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Like {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Convention(convention) => convention.fmt(f),
            Self::Lesions(preset) => preset.fmt(f),
        }
    }
}

impl FromStr for Like {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let lower = text.to_ascii_lowercase();
        if let Ok(convention) = lower.parse() {
            return Ok(Self::Convention(convention));
        }
        lower.parse().map(Self::Lesions).map_err(|_| {
            let of_lesions = InstancePreset::ALL.map(InstancePreset::name);
            let others: Vec<&str> = Convention::ALL.iter().map(|own| own.name()).collect();
            let hint = did_you_mean(&lower, &[&others[..], &of_lesions].concat());
            format!("`{text}` is none of {}, or of lesions {}{hint}", others.join(", "), of_lesions.join(", ")).into()
        })
    }
}
