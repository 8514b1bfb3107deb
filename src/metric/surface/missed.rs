//! A distance where there is nothing to measure it to.

use crate::error::Error;
use std::fmt;
use std::str::FromStr;

/// The distance where one of two masks is empty, or a lesion has no counterpart.
///
/// ```
/// use voxdice::metric::surface::Missed;
/// assert_eq!("374".parse::<Missed>()?, Missed::Mm(374.0));
/// assert_eq!(Missed::Undefined.to_string(), "nan");
/// # Ok::<(), voxdice::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Missed {
    /// None: it is left out of the mean, and counted beside it.
    Undefined,
    /// So many mm, at least 0; infinite ones make infinite means.
    Mm(f64),
    /// The diagonal of the image, in the unit in which distances are measured.
    Diagonal,
}

impl FromStr for Missed {
    type Err = Error;

    /// `nan`, `inf`, `diagonal`, or a distance.
    fn from_str(text: &str) -> Result<Self, Error> {
        match (text.to_ascii_lowercase().as_str(), text.parse::<f64>()) {
            ("nan", _) => Ok(Self::Undefined),
            ("diagonal", _) => Ok(Self::Diagonal),
            (_, Ok(mm)) if mm >= 0.0 => Ok(Self::Mm(mm)),
            _ => Err(Error::Parameter {
                name: "the distance of what is missed",
                value: text.into(),
                range: "nan, inf, diagonal or a distance of 0 or more".into(),
            }),
        }
    }
}

impl fmt::Display for Missed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Undefined => f.write_str("nan"),
            Self::Mm(mm) => mm.fmt(f),
            Self::Diagonal => f.write_str("diagonal"),
        }
    }
}
