//! The inner band of a mask: its voxels near its boundary.

use super::bits::{Bits, Sides};
use super::boundary::boundary;
use crate::options::Band;
use crate::stats::{Elements, LATTICE_BITS, Lattice};

/// Voxels of the mask in the band. Beyond the image is background.
pub(super) fn band(mask: &Bits, band: Band, lattice: &Lattice) -> Bits {
    match band {
        Band::Voxels(width) => mask.without(&eroded(mask, width as usize, lattice.axes())),
        Band::Mm(width) => near(mask, lattice.within(width), lattice),
        // Distances of whole steps are square roots of whole numbers: below the width is at most one less than its square.
        Band::BelowVoxels(width) => near(mask, ((width * width).ceil() as u64).saturating_sub(1), lattice),
    }
}

/// Voxels whose neighbours up to `width` steps away along every axis are all in the mask.
fn eroded(mask: &Bits, width: usize, axes: usize) -> Bits {
    let [nz, ny, nx] = mask.size;
    let span = width.saturating_mul(2).saturating_add(1);
    if span > nx || span > ny || axes == 3 && span > nz {
        return Bits::new(mask.size);
    }
    let along_x = Bits::of_rows(mask.size, |z, y, out| {
        out.copy_from_slice(mask.row(z, y));
        spread(out, span, |a, b| a & b);
        shift_up(out, width);
    });
    let all_of = |from: &Bits, rows: &mut dyn Iterator<Item = (usize, usize)>, out: &mut [u64]| {
        out.fill(u64::MAX);
        rows.for_each(|(z, y)| out.iter_mut().zip(from.row(z, y)).for_each(|(out, word)| *out &= word));
    };
    let inside = |at: usize, size: usize| at >= width && at + width < size;
    let along_y = Bits::of_rows(mask.size, |z, y, out| {
        if inside(y, ny) {
            all_of(&along_x, &mut (y - width..=y + width).map(|y| (z, y)), out);
        }
    });
    if axes == 2 {
        return along_y;
    }
    Bits::of_rows(mask.size, |z, y, out| {
        if inside(z, nz) {
            all_of(&along_y, &mut (z - width..=z + width).map(|z| (z, y)), out);
        }
    })
}

/// Voxels of the mask up to a squared distance from the boundary, which is that across faces.
fn near(mask: &Bits, most: u64, lattice: &Lattice) -> Bits {
    // No squared distance within an image is larger.
    let most = most.min((1 << LATTICE_BITS) - 1);
    let sides = Sides([[false; 2]; 3]);
    let surface = boundary(mask, Elements::Face, &sides, lattice.axes());
    let [wz, wy, wx] = lattice.weights3();
    let reach = |weight: u64, left: u64, size: usize| {
        let steps = (left.checked_div(weight).unwrap_or(0) as f64).sqrt() as u64;
        // The root of a number beyond 2^53 may be one too large.
        let steps = if weight * steps * steps > left { steps - 1 } else { steps };
        (steps as usize).min(size - 1)
    };
    let [nz, ny, nx] = mask.size;
    Bits::of_rows(mask.size, |z, y, out| {
        let own = mask.row(z, y);
        if own.iter().all(|&word| word == 0) {
            return;
        }
        // Rows that reach as far along x are joined before they are spread.
        let mut by_reach: std::collections::BTreeMap<usize, Vec<u64>> = std::collections::BTreeMap::new();
        let dz = reach(wz, most, nz);
        for tz in z.saturating_sub(dz)..=(z + dz).min(nz - 1) {
            let left = most - wz * (tz.abs_diff(z) as u64).pow(2);
            let dy = reach(wy, left, ny);
            for ty in y.saturating_sub(dy)..=(y + dy).min(ny - 1) {
                let dx = reach(wx, left - wy * (ty.abs_diff(y) as u64).pow(2), nx);
                let joined = by_reach.entry(dx).or_insert_with(|| vec![0; own.len()]);
                joined.iter_mut().zip(surface.row(tz, ty)).for_each(|(joined, word)| *joined |= word);
            }
        }
        for (dx, mut row) in by_reach {
            let mut mirrored = row.clone();
            spread(&mut row, dx + 1, |a, b| a | b);
            spread_up(&mut mirrored, dx + 1);
            for (k, out) in out.iter_mut().enumerate() {
                *out |= (row[k] | mirrored[k]) & own[k];
            }
        }
    })
}

/// Each bit becomes that of `span` bits from it on, joined by `join`.
fn spread(row: &mut [u64], span: usize, join: impl Fn(u64, u64) -> u64) {
    let mut done = 1;
    while done < span {
        let step = done.min(span - done);
        for k in 0..row.len() {
            row[k] = join(row[k], down(row, k, step));
        }
        done += step;
    }
}

/// Each bit becomes that of any of `span` bits up to it.
fn spread_up(row: &mut [u64], span: usize) {
    let mut done = 1;
    while done < span {
        let step = done.min(span - done);
        for k in (0..row.len()).rev() {
            row[k] |= up(row, k, step);
        }
        done += step;
    }
}

fn shift_up(row: &mut [u64], by: usize) {
    for k in (0..row.len()).rev() {
        row[k] = up(row, k, by);
    }
}

/// Word `k` of the row whose bits are those `by` places on.
fn down(row: &[u64], k: usize, by: usize) -> u64 {
    let word = |k: usize| row.get(k).copied().unwrap_or(0);
    let (words, bits) = (by / 64, by % 64);
    let low = word(k + words) >> bits;
    if bits == 0 { low } else { low | word(k + words + 1) << (64 - bits) }
}

/// Word `k` of the row whose bits are those `by` places back.
fn up(row: &[u64], k: usize, by: usize) -> u64 {
    let word = |back: usize| k.checked_sub(back).map_or(0, |k| row[k]);
    let (words, bits) = (by / 64, by % 64);
    let high = word(words) << bits;
    if bits == 0 { high } else { high | word(words + 1) >> (64 - bits) }
}
