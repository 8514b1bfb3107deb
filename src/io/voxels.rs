//! The voxels: their types, and one typed vector of them.

use std::collections::TryReserveError;
use std::fmt;
use std::path::Path;

use bytemuck::Pod;

use crate::error::{DimsFault, FileError};
use crate::memory::prefer_huge_pages;

/// A byte order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteOrder {
    /// The lowest byte first.
    Little,
    /// The highest byte first.
    Big,
}

impl ByteOrder {
    /// That of this machine.
    pub(super) const NATIVE: Self = if cfg!(target_endian = "big") { Self::Big } else { Self::Little };
}

/// `value = slope * stored + inter`, taken in f64.
///
/// Present only where it changes a voxel. A slope of 0 or one that is not finite means "not scaled",
/// and its intercept is not looked at; with slope 1 and intercept 0 there is nothing to do. In all of
/// these cases the voxels come back exactly as stored. A slope that counts, with an intercept which
/// is not finite, is an error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// The factor.
    pub slope: f64,
    /// What is added after it.
    pub inter: f64,
}

impl Scale {
    /// Not `mul_add`: one rounding less would differ from every other reader.
    pub(super) fn of(self, stored: f64) -> f64 {
        stored * self.slope + self.inter
    }
}

/// The number of voxels. That their bytes can be counted is checked even if one length is 0: computing strides from this
/// shape must not overflow either.
pub(super) fn count(path: &Path, shape: &[u64], dtype: StoredType) -> Result<u64, FileError> {
    let size = dtype.size();
    let bytes = shape.iter().try_fold(size, |bytes, &length| bytes.checked_mul(length.max(1)));
    let all = bytes.and_then(|bytes| if shape.contains(&0) { Some(0) } else { bytes.checked_div(size) });
    let fault = || DimsFault::Overflow(shape.to_vec());
    all.ok_or_else(|| FileError::BadDims { path: path.to_path_buf(), fault: fault() })
}

/// A number that a voxel can be: the ten types of [`StoredType`], and no others.
pub trait Voxel: Pod + PartialEq + fmt::Debug + sealed::Sealed {
    /// Its name in a header.
    const STORED: StoredType;
    #[doc(hidden)]
    fn swapped(self) -> Self;
    #[doc(hidden)]
    fn as_f64(self) -> f64;
    #[doc(hidden)]
    fn parsed(text: &str) -> Option<Self>;
    #[doc(hidden)]
    fn wrap(voxels: Vec<Self>) -> Voxels;
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! types {
    ($($variant:ident $type:ty, $code:literal, $name:literal, $swap:expr;)*) => {
        /// The type of voxels on disk.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum StoredType {
            $(#[doc = concat!("Voxels of ", $name, ".")] $variant,)*
        }

        /// Voxels in the file's order, x fastest, in the byte order of this machine.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Voxels {
            $(#[doc = concat!("Voxels of ", $name, ".")] $variant(Vec<$type>),)*
        }

        impl StoredType {
            /// Every type.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            pub(super) const fn from_code(code: i16) -> Option<Self> {
                match code {
                    $($code => Some(Self::$variant),)*
                    _ => None,
                }
            }

            pub(super) const fn code(self) -> i16 {
                match self { $(Self::$variant => $code,)* }
            }

            /// Bytes of one voxel.
            #[must_use]
            pub const fn size(self) -> u64 {
                match self { $(Self::$variant => size_of::<$type>() as u64,)* }
            }

            /// `u8`, `i16`, `f32` and so on.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }

        impl Voxels {
            /// The type of these voxels: that of the file, or f64 where the header scales.
            #[must_use]
            pub const fn dtype(&self) -> StoredType {
                match self { $(Self::$variant(_) => StoredType::$variant,)* }
            }

            /// How many there are.
            #[must_use]
            pub fn len(&self) -> usize {
                match self { $(Self::$variant(voxels) => voxels.len(),)* }
            }
        }

        $(
            impl sealed::Sealed for $type {}

            impl Voxel for $type {
                const STORED: StoredType = StoredType::$variant;
                fn swapped(self) -> Self {
                    let swap: fn($type) -> $type = $swap;
                    swap(self)
                }
                #[allow(clippy::cast_lossless, clippy::unnecessary_cast)]
                fn as_f64(self) -> f64 {
                    self as f64
                }
                fn parsed(text: &str) -> Option<Self> {
                    text.parse().ok()
                }
                fn wrap(voxels: Vec<Self>) -> Voxels {
                    Voxels::$variant(voxels)
                }
            }
        )*

        impl Voxels {
            /// The voxels as bytes, in the byte order of this machine.
            pub(super) fn bytes(&self) -> &[u8] {
                match self { $(Self::$variant(voxels) => bytemuck::cast_slice(voxels),)* }
            }

            /// The voxels in another order: of three axes, the second one becomes the last.
            pub(super) fn second_axis_last(self, axes: [usize; 3]) -> Result<Self, TryReserveError> {
                Ok(match self {
                    $(Self::$variant(voxels) => Self::$variant(second_axis_last(&voxels, axes)?),)*
                })
            }
        }
    };
}

types! {
    U8 u8, 2, "u8", |v| v;
    I8 i8, 256, "i8", |v| v;
    U16 u16, 512, "u16", u16::swap_bytes;
    I16 i16, 4, "i16", i16::swap_bytes;
    U32 u32, 768, "u32", u32::swap_bytes;
    I32 i32, 8, "i32", i32::swap_bytes;
    U64 u64, 1280, "u64", u64::swap_bytes;
    I64 i64, 1024, "i64", i64::swap_bytes;
    F32 f32, 16, "f32", |v| f32::from_bits(v.to_bits().swap_bytes());
    F64 f64, 64, "f64", |v| f64::from_bits(v.to_bits().swap_bytes());
}

/// An expression in which a name stands for the type of voxels that is stored.
macro_rules! with_type {
    ($dtype:expr, $type:ident => $body:expr) => {
        with_type!(@each $dtype, $type => $body; U8 u8, I8 i8, U16 u16, I16 i16, U32 u32, I32 i32, U64 u64, I64 i64, F32 f32, F64 f64)
    };
    (@each $dtype:expr, $type:ident => $body:expr; $($variant:ident $number:ty),*) => {
        match $dtype {
            $($crate::io::StoredType::$variant => {
                type $type = $number;
                $body
            })*
        }
    };
}

pub(super) use with_type;

impl fmt::Display for StoredType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Voxels {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The half float with these bits.
pub(super) fn half(bits: u16) -> f32 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let mantissa = f32::from(bits & 0x3ff);
    sign * match bits >> 10 & 0x1f {
        0 => mantissa / 16_777_216.0,
        0x1f if mantissa == 0.0 => f32::INFINITY,
        0x1f => f32::NAN,
        exponent => (1024.0 + mantissa) * f32::from_bits(u32::from(exponent).saturating_add(127 - 25) << 23),
    }
}

/// Copies in long runs, one after the other.
fn second_axis_last<T: Copy>(voxels: &[T], [before, moved, after]: [usize; 3]) -> Result<Vec<T>, TryReserveError> {
    let mut out = Vec::new();
    out.try_reserve_exact(voxels.len())?;
    prefer_huge_pages(out.spare_capacity_mut());
    for place in 0..moved {
        let runs = voxels.chunks(before.max(1)).skip(place).step_by(moved.max(1)).take(after);
        runs.for_each(|run| out.extend_from_slice(run));
    }
    Ok(out)
}
