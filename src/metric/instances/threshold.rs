//! Thresholds and sizes.

use crate::error::{Error, Result};
use crate::metric::wrong::wrong;
use std::fmt;
use std::str::FromStr;

/// What a pair of lesions must reach: a fraction of whole numbers, so that no rounding decides. `0.6` is 6/10.
///
/// ```
/// use voxdice::metric::instances::Threshold;
/// assert_eq!("0.5".parse::<Threshold>()?, Threshold::at_least(1, 2)?);
/// assert_eq!(">0.5".parse::<Threshold>()?, Threshold::above(1, 2)?);
/// assert!(Threshold::at_least(1, 2)?.passes(1, 2) && !Threshold::above(1, 2)?.passes(1, 2));
/// assert_eq!("1e-6".parse::<Threshold>()?.to_string(), "0.000001");
/// # Ok::<(), voxdice::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Threshold {
    numerator: u64,
    denominator: u64,
    bound: Bound,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bound {
    AtLeast,
    Above,
}

impl Threshold {
    /// Any voxel in common.
    pub const ANY: Self = Self { numerator: 0, denominator: 1, bound: Bound::Above };
    /// At least a half.
    pub const HALF: Self = Self { numerator: 1, denominator: 2, bound: Bound::AtLeast };

    /// This or more.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a denominator of 0.
    pub fn at_least(numerator: u64, denominator: u64) -> Result<Self> {
        Self::new(numerator, denominator, Bound::AtLeast)
    }

    /// More than this.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a denominator of 0.
    pub fn above(numerator: u64, denominator: u64) -> Result<Self> {
        Self::new(numerator, denominator, Bound::Above)
    }

    fn new(numerator: u64, denominator: u64, bound: Bound) -> Result<Self> {
        if denominator == 0 {
            return Err(wrong("threshold", format!("{numerator}/0"), "a fraction with a denominator above 0"));
        }
        let common = divisor(numerator, denominator);
        Ok(Self { numerator: numerator / common, denominator: denominator / common, bound })
    }

    pub(super) const fn of(numerator: u64, denominator: u64) -> Self {
        Self { numerator, denominator, bound: Bound::AtLeast }
    }

    /// The same number, but more than that.
    pub(super) const fn strictly(self) -> Self {
        Self { bound: Bound::Above, ..self }
    }

    pub(super) fn is_below_half(self) -> bool {
        u128::from(self.numerator) * 2 < u128::from(self.denominator)
    }

    /// Whether a fraction reaches it.
    pub fn passes(self, numerator: u64, denominator: u64) -> bool {
        let own = u128::from(self.numerator) * u128::from(denominator);
        let other = u128::from(numerator) * u128::from(self.denominator);
        match self.bound {
            Bound::AtLeast => other >= own,
            Bound::Above => other > own,
        }
    }
}

fn divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { divisor(b, a % b) }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.bound == Bound::Above { ">" } else { "" };
        write!(f, "{sign}{}", self.numerator as f64 / self.denominator as f64)
    }
}

impl FromStr for Threshold {
    type Err = Error;

    /// A decimal number that must be reached, or exceeded after `>`.
    fn from_str(text: &str) -> Result<Self> {
        let refused = || wrong("threshold", text, "a number such as 0.5, or >0.5");
        let (bound, number) = match (text.strip_prefix(">="), text.strip_prefix('>')) {
            (Some(number), _) => (Bound::AtLeast, number),
            (None, Some(number)) => (Bound::Above, number),
            (None, None) => (Bound::AtLeast, text),
        };
        let number = number.trim().to_ascii_lowercase();
        let (digits, exponent) = number.split_once('e').unwrap_or((&number, "0"));
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        if whole.is_empty() && part.is_empty() {
            return Err(refused());
        }
        let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let exponent: i32 = exponent.parse().map_err(|_| refused())?;
        if !is_digits(whole) || !is_digits(part) || !(-18..=18).contains(&exponent) || part.len() > 18 {
            return Err(refused());
        }
        let all = format!("{whole}{part}");
        let numerator: u64 = all.parse().map_err(|_| refused())?;
        let tens = exponent - part.len() as i32;
        let power = |n: u32| 10u64.checked_pow(n).ok_or_else(refused);
        match u32::try_from(tens) {
            Ok(tens) => Self::new(numerator.checked_mul(power(tens)?).ok_or_else(refused)?, 1, bound),
            Err(_) => Self::new(numerator, power(tens.unsigned_abs())?, bound),
        }
    }
}

/// A size that a lesion is compared with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Size {
    /// In voxels.
    Voxels(u64),
    /// In mm³.
    Mm3(f64),
}

impl Size {
    /// No lesion is as small.
    pub const NONE: Self = Self::Voxels(0);

    /// Whether so many voxels of so many mm³ are at most this.
    pub fn holds(self, voxels: u64, voxel_mm3: f64) -> bool {
        match self {
            Self::Voxels(most) => voxels <= most,
            Self::Mm3(most) => voxels as f64 * voxel_mm3 <= most,
        }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Voxels(voxels) => write!(f, "{voxels}vox"),
            Self::Mm3(mm3) => write!(f, "{mm3}mm3"),
        }
    }
}

impl FromStr for Size {
    type Err = Error;

    /// `20vox` or `10mm3`.
    fn from_str(text: &str) -> Result<Self> {
        let refused = || wrong("size", text, "a number with its unit, such as 20vox or 10mm3");
        if let Some(voxels) = text.strip_suffix("vox") {
            return voxels.trim().parse().map(Self::Voxels).map_err(|_| refused());
        }
        let mm3 = text.strip_suffix("mm3").and_then(|number| number.trim().parse::<f64>().ok());
        mm3.filter(|mm3| (0.0..f64::INFINITY).contains(mm3)).map(Self::Mm3).ok_or_else(refused)
    }
}

/// Which true lesions are too small to count: they are in no number, and a prediction that finds one is not a false positive.
/// One that is matched with it and does not reach [`InstanceRules::found_from`](super::InstanceRules::found_from) is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Floor {
    /// Those of at most this size.
    AtMost(Size),
    /// Those below so many mm³.
    BelowMm3(f64),
}

impl Floor {
    /// All lesions count.
    pub const NONE: Self = Self::AtMost(Size::NONE);

    /// Whether a lesion counts.
    pub fn passes(self, voxels: u64, voxel_mm3: f64) -> bool {
        match self {
            Self::AtMost(size) => !size.holds(voxels, voxel_mm3),
            Self::BelowMm3(mm3) => voxels as f64 * voxel_mm3 >= mm3,
        }
    }
}
