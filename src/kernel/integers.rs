//! Sums of two u8 operands as plain integers. Twin of shaders/sums_lane_u8.wgsl.

use super::sums::RawSums;

/// Voxels whose products add up in 32 bits: 255² · 65,536 < 2^32.
pub(crate) const GROUP: usize = 1 << 16;

/// Sums of a run in units of 1; `max_abs` is the largest integer. [`RawSums::integer_block`] puts them on the grid.
#[inline(always)]
pub(crate) fn sum_integers(p: &[u8], t: &[u8], stride: usize) -> RawSums {
    let mut sum = RawSums::default();
    if stride == 1 {
        for (p, t) in p.chunks(GROUP).zip(t.chunks(GROUP)) {
            sum.join(&sum_group(p.iter().zip(t)));
        }
        return sum;
    }
    for (p, t) in p.chunks(GROUP * stride).zip(t.chunks(GROUP * stride)) {
        sum.join(&sum_group(p.iter().step_by(stride).zip(t.iter().step_by(stride))));
    }
    sum
}

#[inline(always)]
fn sum_group<'a>(pairs: impl Iterator<Item = (&'a u8, &'a u8)>) -> RawSums {
    let (mut sums, mut most) = ([0u32; 6], 0);
    for (&p, &t) in pairs {
        most = most.max(p).max(t);
        let (p, t) = (u32::from(p), u32::from(t));
        let voxel = [p, t, p * t, p * p, t * t, p.abs_diff(t)];
        sums.iter_mut().zip(voxel).for_each(|(sum, x)| *sum += x);
    }
    let [p, t, pt, pp, tt, difference] = sums.map(u64::from);
    RawSums { units: [p, t, pt, pp, tt, difference, 0], max_abs: most.into(), pointwise_too_large: false }
}
