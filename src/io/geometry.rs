//! Where the voxels lie: spacing, units, and the affine from sform, qform or pixdim.

use crate::error::GeometryFault;

/// Size and place of the voxels, as the header has them: nothing is resampled or reoriented.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Geometry {
    /// Distance of neighbouring voxels along x, y and z, in [`Geometry::units`]: `pixdim[1..=3]`,
    /// absolute, with 0 taken as 1. An sform may say otherwise; this is what the header calls spacing.
    pub spacing: [f64; 3],
    /// The unit of spacing and affine.
    pub units: Units,
    /// From voxel index to world (x to the right, y to the front, z up), by rows.
    pub affine: [[f64; 4]; 4],
    /// Which part of the header the affine is from.
    pub source: AffineSource,
}

/// The part of a header that gives the affine. Of NIfTI, the sform if its code is positive, else the qform if
/// its code is positive, else the spacing alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AffineSource {
    /// Twelve numbers of a matrix.
    Sform,
    /// A rotation as a quaternion, the spacing, and a shift.
    Qform,
    /// The spacing alone, with no rotation and no shift.
    Pixdim,
    /// Directions, spacing and origin, as MetaImage and NRRD have them, turned from their world axes to ours.
    Directions,
    /// Nothing: the file, a picture, says neither the size nor the place of its voxels. Spacing and affine are those of
    /// voxels of size 1.
    Unsaid,
}

impl AffineSource {
    /// Whether the file says where its voxels lie, and not only how large they are.
    #[must_use]
    pub const fn has_place(self) -> bool {
        !matches!(self, Self::Pixdim | Self::Unsaid)
    }
}

/// The unit of length in a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Units {
    /// Not said, or not known. Taken as millimetres, as all tools do.
    Unknown,
    /// Metres.
    Metre,
    /// Millimetres.
    Millimetre,
    /// Micrometres.
    Micron,
}

impl Units {
    pub(super) fn from_code(xyzt_units: i64) -> Self {
        match xyzt_units & 7 {
            1 => Self::Metre,
            2 => Self::Millimetre,
            3 => Self::Micron,
            _ => Self::Unknown,
        }
    }

    pub(super) fn code(self) -> u8 {
        match self {
            Self::Unknown => 0,
            Self::Metre => 1,
            Self::Millimetre => 2,
            Self::Micron => 3,
        }
    }

    /// What one unit is in millimetres.
    #[must_use]
    pub const fn in_mm(self) -> f64 {
        match self {
            Self::Metre => 1000.0,
            Self::Unknown | Self::Millimetre => 1.0,
            Self::Micron => 0.001,
        }
    }
}

/// The fields of a header which geometry is made from.
pub(super) struct Fields {
    pub pixdim: [f64; 4],
    pub xyzt_units: i64,
    pub qform_code: i64,
    pub sform_code: i64,
    pub quaternion: [f64; 3],
    pub shift: [f64; 3],
    pub srow: [[f64; 4]; 3],
}

impl Geometry {
    /// Voxels of this size in millimetres, neither turned nor shifted.
    #[must_use]
    pub fn from_spacing(spacing: [f64; 3]) -> Self {
        Self {
            spacing,
            units: Units::Millimetre,
            affine: scaled_and_shifted(IDENTITY, spacing, [0.0; 3]),
            source: AffineSource::Pixdim,
        }
    }

    /// Voxels of unknown size.
    pub(super) fn unsaid() -> Self {
        Self { units: Units::Unknown, source: AffineSource::Unsaid, ..Self::from_spacing([1.0; 3]) }
    }

    /// Spacing in millimetres, converted from the unit of the file.
    #[must_use]
    pub fn spacing_mm(&self) -> [f64; 3] {
        self.spacing.map(|step| step * self.units.in_mm())
    }

    /// The affine with world coordinates in millimetres, converted from the unit of the file.
    #[must_use]
    pub fn affine_mm(&self) -> [[f64; 4]; 4] {
        let [x, y, z, last] = self.affine;
        let scale = |row: [f64; 4]| row.map(|value| value * self.units.in_mm());
        [scale(x), scale(y), scale(z), last]
    }

    /// From the size and the direction of each axis, both in a world whose axes are ours times `to_ras`.
    pub(super) fn from_axes(axes: [(f64, [f64; 3]); 3], origin: [f64; 3], to_ras: [f64; 3], units: Units) -> Self {
        let [(a, u), (b, v), (c, w)] = axes;
        let row = |scale: f64, [x, y, z]: [f64; 3], shift: f64| {
            // Adding 0 makes a zero positive.
            [x * a, y * b, z * c, shift].map(|value| value * scale + 0.0)
        };
        let ([r, s, t], [o, p, q]) = (to_ras, origin);
        let rows = [[u[0], v[0], w[0]], [u[1], v[1], w[1]], [u[2], v[2], w[2]]];
        let [x, y, z] = rows;
        let affine = [row(r, x, o), row(s, y, p), row(t, z, q), LAST_ROW];
        Self { spacing: [a, b, c].map(f64::abs), units, affine, source: AffineSource::Directions }
    }

    /// Takes the lengths of the affine's columns as spacing.
    pub(super) fn measure(&mut self) {
        let [x, y, z, _] = self.affine;
        self.spacing = [norm([x[0], y[0], z[0]]), norm([x[1], y[1], z[1]]), norm([x[2], y[2], z[2]])];
    }

    pub(super) fn from_fields(fields: &Fields, shape: &[u64]) -> Result<Self, GeometryFault> {
        let [handedness, x, y, z] = fields.pixdim;
        let mut spacing = [x, y, z];
        for (axis, (step, used)) in (1_u8..).zip(spacing.iter_mut().zip(used_axes(shape))) {
            if used && !step.is_finite() {
                return Err(GeometryFault::Spacing { axis, spacing: *step });
            }
            *step = if step.is_finite() && *step != 0.0 { step.abs() } else { 1.0 };
        }
        let (affine, source) = if fields.sform_code > 0 {
            let [x, y, z] = fields.srow;
            ([x, y, z, LAST_ROW], AffineSource::Sform)
        } else if fields.qform_code > 0 {
            let rotation = rotation(fields.quaternion)?;
            let [x, y, z] = spacing;
            // A qfac other than -1 counts as 1: many writers leave it 0.
            let signed = [x, y, if handedness < 0.0 { -z } else { z }];
            let affine = scaled_and_shifted(rotation, signed, fields.shift);
            (affine, AffineSource::Qform)
        } else {
            let affine = scaled_and_shifted(IDENTITY, spacing, [0.0; 3]);
            (affine, AffineSource::Pixdim)
        };
        let geometry = Self { spacing, units: Units::from_code(fields.xyzt_units), affine, source };
        geometry.check(shape)?;
        Ok(geometry)
    }

    /// Whether all voxels of an image of this shape have different places.
    pub(super) fn check(&self, shape: &[u64]) -> Result<(), GeometryFault> {
        if !self.affine.as_flattened().iter().all(|v| v.is_finite()) {
            return Err(GeometryFault::NotFinite);
        }
        let [x, y, z, _] = self.affine;
        let columns = [[x[0], y[0], z[0]], [x[1], y[1], z[1]], [x[2], y[2], z[2]]];
        // Gram-Schmidt: what is left of each axis after the ones before it. Relative to the axis
        // itself, 1e-6 is an angle no scanner and no resampling makes, and f32 noise lies below.
        let mut basis: Vec<[f64; 3]> = Vec::with_capacity(3);
        for (column, used) in columns.into_iter().zip(used_axes(shape)) {
            if !used {
                continue;
            }
            let length = norm(column);
            let unit = column.map(|v| v / length);
            let left = basis.iter().fold(unit, |rest, base| {
                let along = dot(rest, *base);
                minus(rest, base.map(|v| v * along))
            });
            let rest = norm(left);
            // Written so that a NaN, from an axis of length 0, is singular too.
            if !(length > 0.0 && rest > 1e-6) {
                return Err(GeometryFault::Singular);
            }
            basis.push(left.map(|v| v / rest));
        }
        Ok(())
    }
}

const IDENTITY: [[f64; 3]; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
const LAST_ROW: [f64; 4] = [0.0, 0.0, 0.0, 1.0];

/// Along an axis of one voxel there is nothing to place, and writers leave anything there.
fn used_axes(shape: &[u64]) -> [bool; 3] {
    let used = |axis: usize| shape.get(axis).is_some_and(|&length| length > 1);
    [used(0), used(1), used(2)]
}

fn dot([a, b, c]: [f64; 3], [x, y, z]: [f64; 3]) -> f64 {
    a * x + b * y + c * z
}

fn norm(v: [f64; 3]) -> f64 {
    let [x, y, z] = v;
    // Not the root of the dot product: f64 columns of a NIfTI-2 header can overflow when squared.
    libm::hypot(libm::hypot(x, y), z)
}

fn minus([a, b, c]: [f64; 3], [x, y, z]: [f64; 3]) -> [f64; 3] {
    [a - x, b - y, c - z]
}

fn scaled_and_shifted(rotation: [[f64; 3]; 3], size: [f64; 3], shift: [f64; 3]) -> [[f64; 4]; 4] {
    let row = |[a, b, c]: [f64; 3], d: f64| {
        let [x, y, z] = size;
        [a * x, b * y, c * z, d]
    };
    let ([x, y, z], [a, b, c]) = (rotation, shift);
    [row(x, a), row(y, b), row(z, c), LAST_ROW]
}

/// The rotation of a unit quaternion whose real part is not stored.
fn rotation([b, c, d]: [f64; 3]) -> Result<[[f64; 3]; 3], GeometryFault> {
    let squared = b * b + c * c + d * d;
    if squared.is_nan() {
        return Err(GeometryFault::NotFinite);
    }
    // Writers which print three digits are let pass; the length is set to 1 below.
    if squared > 1.001 {
        return Err(GeometryFault::Quaternion(squared));
    }
    let real = 1.0 - squared;
    // As the reference implementation has it: that close to half a turn, the real part is rounding.
    let (a, b, c, d) = if real < 1e-7 {
        let length = squared.sqrt();
        (0.0, b / length, c / length, d / length)
    } else {
        (real.sqrt(), b, c, d)
    };
    Ok([
        [a * a + b * b - c * c - d * d, 2.0 * b * c - 2.0 * a * d, 2.0 * b * d + 2.0 * a * c],
        [2.0 * b * c + 2.0 * a * d, a * a + c * c - b * b - d * d, 2.0 * c * d - 2.0 * a * b],
        [2.0 * b * d - 2.0 * a * c, 2.0 * c * d + 2.0 * a * b, a * a + d * d - c * c - b * b],
    ])
}
