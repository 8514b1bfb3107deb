//! Voxels as f32 bits, exactly. Twins: shaders/p_as_*.wgsl.

/// A voxel whose value is exactly representable as an `f32`.
pub(crate) trait Voxel: bytemuck::Pod + Send + Sync {
    fn f32_bits(self) -> u32;

    /// A run with its type as a value, for code that is written type by type.
    fn typed(run: &[Self]) -> Typed<'_>;
}

/// A run of voxels of one type.
#[cfg_attr(not(any(target_arch = "x86_64", target_arch = "aarch64")), allow(dead_code))] // kernels with vectors look into it
#[derive(Debug, Clone, Copy)]
pub(crate) enum Typed<'a> {
    F32(&'a [f32]),
    F16(&'a [F16Bits]),
    U8(&'a [u8]),
    U16(&'a [u16]),
}

#[cfg_attr(not(any(target_arch = "x86_64", target_arch = "aarch64")), allow(dead_code))]
impl Typed<'_> {
    pub fn len(self) -> usize {
        match self {
            Self::F32(x) => x.len(),
            Self::F16(x) => x.len(),
            Self::U8(x) => x.len(),
            Self::U16(x) => x.len(),
        }
    }
}

/// Bits of an IEEE binary16 value.
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(transparent)]
pub(crate) struct F16Bits(pub u16);

/// Bits of a bfloat16 value: the upper half of an f32.
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(transparent)]
pub(crate) struct Bf16Bits(pub u16);

impl Bf16Bits {
    #[inline(always)]
    pub fn f32_bits(self) -> u32 {
        u32::from(self.0) << 16
    }
}

impl Voxel for f32 {
    #[inline(always)]
    fn f32_bits(self) -> u32 {
        self.to_bits()
    }

    #[inline(always)]
    fn typed(run: &[Self]) -> Typed<'_> {
        Typed::F32(run)
    }
}

impl Voxel for u8 {
    #[inline(always)]
    fn f32_bits(self) -> u32 {
        f32::from(self).to_bits()
    }

    #[inline(always)]
    fn typed(run: &[Self]) -> Typed<'_> {
        Typed::U8(run)
    }
}

impl Voxel for u16 {
    #[inline(always)]
    fn f32_bits(self) -> u32 {
        f32::from(self).to_bits()
    }

    #[inline(always)]
    fn typed(run: &[Self]) -> Typed<'_> {
        Typed::U16(run)
    }
}

impl Voxel for F16Bits {
    #[inline(always)]
    fn f32_bits(self) -> u32 {
        let raw = u32::from(self.0);
        let sign = (raw & 0x8000) << 16;
        let exponent = (raw >> 10) & 31;
        let fraction = raw & 0x3ff;
        let magnitude = match exponent {
            // A subnormal is fraction · 2^-24; both factors and the product are exact in f32.
            0 => (fraction as f32 * (1.0 / 16_777_216.0)).to_bits(),
            31 => 0x7f80_0000 | (fraction << 13),
            _ => ((exponent + 112) << 23) | (fraction << 13),
        };
        sign | magnitude
    }

    #[inline(always)]
    fn typed(run: &[Self]) -> Typed<'_> {
        Typed::F16(run)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The value of binary16 bits by its definition, in `f64`.
    fn value(raw: u16) -> f64 {
        let sign = if raw & 0x8000 == 0 { 1.0 } else { -1.0 };
        let (exponent, fraction) = (i32::from((raw >> 10) & 31), f64::from(raw & 0x3ff));
        match exponent {
            0 => sign * fraction * libm::scalbn(1.0, -24),
            31 if fraction == 0.0 => sign * f64::INFINITY,
            31 => f64::NAN,
            _ => sign * (1.0 + fraction / 1024.0) * libm::scalbn(1.0, exponent - 15),
        }
    }

    #[test]
    fn every_f16_decodes_to_its_value() {
        for raw in 0..=u16::MAX {
            let (found, expected) = (f64::from(f32::from_bits(F16Bits(raw).f32_bits())), value(raw));
            assert!(found == expected || (found.is_nan() && expected.is_nan()), "{raw:#06x}: {found} {expected}");
        }
    }
}
