//! Squared distances as whole numbers.

use super::NO_TARGET;
use crate::error::{Error, Result};

/// A distance counts as within a tolerance up to this part beyond it. Spacings of headers are rounded to `f32`, a part of
/// 6e-8, so that without slack a boundary that is off by exactly the tolerance is within it or not by chance.
pub const SLACK: f64 = 1e-6;

/// Distances between neighbouring voxels in mm, one per spatial axis in the order of the shape.
///
/// ```
/// use voxdice::Spacing;
/// assert_eq!(Spacing::new([3.0, 0.8, 0.8])?.mm(), [3.0, 0.8, 0.8]);
/// assert!(Spacing::new([1.0, 0.0]).is_err() && Spacing::new([1.0, f64::NAN]).is_err());
/// # Ok::<(), voxdice::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Spacing {
    /// None: the same along every axis.
    mm: Vec<f64>,
    every: f64,
}

impl Default for Spacing {
    /// [`Spacing::voxels`].
    fn default() -> Self {
        Self::voxels()
    }
}

/// Beyond 1e-30 to 1e30 squares would leave the range of `f64`.
fn check(mm: &f64) -> Result<()> {
    let is_fine = (1e-30..=1e30).contains(mm);
    if is_fine { Ok(()) } else { Err(wrong(mm, "finite, above 0 and within 1e-30 to 1e30")) }
}

impl Spacing {
    /// These spacings.
    ///
    /// # Errors
    /// [`Error::Parameter`] for one that is not finite and above 0, or beyond 1e-30 to 1e30, and for none at all.
    pub fn new(mm: impl AsRef<[f64]>) -> Result<Self> {
        if mm.as_ref().is_empty() {
            return Err(wrong("empty", "one number for each spatial axis"));
        }
        let spacing = Self { mm: mm.as_ref().to_vec(), every: 1.0 };
        spacing.mm.iter().try_for_each(check)?;
        Ok(spacing)
    }

    /// The same along every axis, for any number of axes.
    ///
    /// # Errors
    /// [`Error::Parameter`], as for [`Spacing::new`].
    pub fn uniform(mm: f64) -> Result<Self> {
        check(&mm)?;
        Ok(Self::every(mm))
    }

    /// 1 along every axis, for any number of axes: distances are in voxels.
    pub fn voxels() -> Self {
        Self::every(1.0)
    }

    /// [`Spacing::uniform`], which is checked when it is used.
    pub(crate) fn every(mm: f64) -> Self {
        Self { mm: Vec::new(), every: mm }
    }

    /// One per axis, as given; empty where it is the same along every axis.
    pub fn mm(&self) -> &[f64] {
        &self.mm
    }

    /// The distance between opposite corners of an image of these spatial axes, in mm. No distance within it is larger.
    ///
    /// # Errors
    /// [`Error::Parameter`] where the axes are not as many as the spacings.
    pub fn diagonal(&self, spatial: &[u64]) -> Result<f64> {
        let mm = self.along(spatial.len())?;
        let squares = mm.iter().zip(spatial).map(|(mm, &n)| mm * n as f64).map(|length| length * length);
        Ok(squares.sum::<f64>().sqrt())
    }

    fn along(&self, axes: usize) -> Result<Vec<f64>> {
        match self.mm.len() {
            0 => check(&self.every).map(|()| vec![self.every; axes]),
            found if found == axes => Ok(self.mm.clone()),
            _ => Err(wrong(format!("{:?}", self.mm), format!("one number for each of the {axes} spatial axes"))),
        }
    }
}

/// The grid on which squared distances are whole numbers: `k` steps along the axes are `Σ wᵢkᵢ²`, and a distance is
/// `unit · √` of that, in mm.
///
/// If the spacings are whole multiples `pᵢ` of a common step and the sums stay below 2^62, `wᵢ = pᵢ²` and there is no
/// error: equal spacings have `w = 1`. Otherwise `wᵢ = round(sᵢ² · 2^e)` with the largest even `e` that fits, and a distance
/// is off by a part of at most `2^-(e+2) / min(sᵢ²)`: 2.5e-13 for 512×512×300 voxels of 0.8 × 0.8 × 3 mm.
#[derive(Debug, Clone, PartialEq)]
pub struct Lattice {
    axes: usize,
    /// Slowest first; 2 axes are the last two, behind a 1.
    spacing: [f64; 3],
    weights: [u64; 3],
    unit: f64,
}

/// Sums of squares stay below 2 to this power.
pub(crate) const LATTICE_BITS: u32 = 62;

impl Lattice {
    /// The lattice for an image of these spatial axes, 2 or 3 of them.
    ///
    /// ```
    /// use voxdice::{Spacing, stats::Lattice};
    /// let lattice = Lattice::new(&Spacing::new([2.5, 0.9765625, 0.9765625])?, &[100, 512, 512])?;
    /// assert_eq!((lattice.weights(), lattice.unit()), (&[64 * 64, 25 * 25, 25 * 25][..], 0.0390625));
    /// assert_eq!(lattice.distance(2 * 625), 0.0390625 * f64::sqrt(1250.0));
    /// # Ok::<(), voxdice::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] for another number of axes or of spacings, for an axis of length 0, and for spacings so different that 62 bits do not hold
    /// a distance to a part of 1e-6.
    pub fn new(spacing: &Spacing, spatial: &[u64]) -> Result<Self> {
        let axes = spatial.len();
        if !(2..=3).contains(&axes) {
            let (name, value) = ("the number of spatial axes", axes.to_string());
            return Err(Error::Parameter { name, value, range: "2 or 3 for distances in space".into() });
        }
        if spatial.contains(&0) {
            let (name, value) = ("a spatial axis", "0".to_string());
            return Err(Error::Parameter { name, value, range: "1 or more for distances in space".into() });
        }
        let given = spacing.along(axes)?;
        let parts: Vec<Binary> = given.iter().map(|&mm| Binary::of(mm)).collect();
        let fits = |weights: &[u64]| {
            let sum: u128 = weights
                .iter()
                .zip(spatial)
                .map(|(&w, &n)| squared(n).saturating_mul(w.into()))
                .fold(0, u128::saturating_add);
            sum < 1 << LATTICE_BITS
        };
        let exact = common_step(&parts).filter(|(weights, _)| fits(weights));
        let (weights, unit) = match exact {
            Some(found) => found,
            None => {
                let rounded = |e: i32| parts.iter().map(|part| part.squared_times(e)).collect::<Option<Vec<u64>>>();
                // The largest summand alone bounds the exponent; 2 more for the rounding of its logarithm.
                let bits = |(&mm, &n): (&f64, &u64)| 2.0 * (mm.log2() + (n as f64).log2());
                let largest = given.iter().zip(spatial).map(bits).fold(f64::MIN, f64::max);
                let mut e = LATTICE_BITS as i32 + 2 - largest.floor() as i32;
                e += e & 1;
                loop {
                    match rounded(e).filter(|weights| fits(weights)) {
                        // Half a unit of the smallest weight is the largest error of a square.
                        Some(weights) if weights.iter().all(|&w| w >= 1 << 19) => {
                            break (weights, libm::scalbn(1.0, -e / 2));
                        }
                        Some(_) => {
                            let range = "closer to each other: whole numbers of 62 bits do not hold their squares over this shape";
                            return Err(wrong(format!("{given:?}"), range));
                        }
                        None => e -= 2,
                    }
                }
            }
        };
        let mut lattice = Self { axes, spacing: [1.0; 3], weights: [0; 3], unit };
        lattice.spacing[3 - axes..].copy_from_slice(&given);
        lattice.weights[3 - axes..].copy_from_slice(&weights);
        Ok(lattice)
    }

    /// 2 or 3.
    pub fn axes(&self) -> usize {
        self.axes
    }

    /// In mm, one per axis.
    pub fn spacing(&self) -> &[f64] {
        &self.spacing[3 - self.axes..]
    }

    /// The weight of a squared step along each axis.
    pub fn weights(&self) -> &[u64] {
        &self.weights[3 - self.axes..]
    }

    /// Always three, where an image of 2 axes has one slice.
    pub(crate) fn weights3(&self) -> [u64; 3] {
        self.weights
    }

    /// The square root of what a squared distance of 1 stands for, in mm.
    pub fn unit(&self) -> f64 {
        self.unit
    }

    /// A distance in mm, `unit · √squared`; infinite for [`NO_TARGET`].
    pub fn distance(&self, squared: u64) -> f64 {
        if squared == NO_TARGET { f64::INFINITY } else { self.unit * (squared as f64).sqrt() }
    }

    /// The largest squared distance that is within `mm`, with [`SLACK`]: `⌊(mm · (1 + 1e-6) / unit)²⌋`.
    pub fn within(&self, mm: f64) -> u64 {
        let units = mm * (1.0 + SLACK) / self.unit;
        ((units * units) as u64).min(NO_TARGET - 1)
    }
}

/// A number as `odd · 2^power`.
struct Binary {
    odd: u64,
    power: i32,
}

impl Binary {
    /// Of a number that is normal and above 0.
    fn of(value: f64) -> Self {
        let bits = value.to_bits();
        let significand = bits & ((1 << 52) - 1) | 1 << 52;
        let zeros = significand.trailing_zeros();
        Self { odd: significand >> zeros, power: (bits >> 52) as i32 - 1075 + zeros as i32 }
    }

    /// Its square times 2^e, rounded to the nearest whole number (to the even one of two); none from 2^63 on.
    fn squared_times(&self, e: i32) -> Option<u64> {
        let (square, power) = (squared(self.odd), 2 * self.power + e);
        let bits = 128 - square.leading_zeros() as i32 + power;
        if bits > 63 {
            return None;
        }
        if power >= 0 {
            return u64::try_from(square << power).ok();
        }
        let shift = power.unsigned_abs();
        if shift > 127 {
            return Some(0);
        }
        let (whole, rest) = (square >> shift, square & ((1 << shift) - 1));
        let half = 1u128 << (shift - 1);
        let up = rest > half || rest == half && whole & 1 == 1;
        u64::try_from(whole + u128::from(up)).ok()
    }
}

/// Squares of the spacings in steps of their greatest common divisor, and that divisor; none where a square leaves 62 bits.
fn common_step(parts: &[Binary]) -> Option<(Vec<u64>, f64)> {
    let least = parts.iter().map(|part| part.power).min()?;
    let odd = parts.iter().map(|part| part.odd).fold(0, gcd);
    let weight = |part: &Binary| {
        let steps = u128::from(part.odd / odd)
            .checked_shl((part.power - least).unsigned_abs())
            .filter(|_| part.power - least < LATTICE_BITS as i32)?;
        steps.checked_mul(steps).filter(|&square| square < 1 << LATTICE_BITS).map(|square| square as u64)
    };
    let weights = parts.iter().map(weight).collect::<Option<Vec<u64>>>()?;
    Some((weights, libm::scalbn(odd as f64, least)))
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn squared(n: u64) -> u128 {
    u128::from(n) * u128::from(n)
}

fn wrong(value: impl ToString, range: impl Into<String>) -> Error {
    Error::Parameter { name: "spacing", value: value.to_string(), range: range.into() }
}
