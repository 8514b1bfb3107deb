//! Which true lesion is nearest to each voxel of the prediction: an exact distance transform, axis after axis, that carries
//! the lesion along. Of several at one distance the first one is taken along every axis, hence in space.

use super::around::Run;
use super::slab::Layout;
use crate::stats::Overlap;
use std::collections::BTreeMap;
use std::ops::Range;

/// Squared distance and lesion; no distance is larger than [`FAR`].
type Near = (u64, u32);

const FAR: Near = (u64::MAX, u32::MAX);

/// Places of the columns that are worked on together, at most: 64 MiB.
const PLACES: usize = 1 << 22;

/// Voxels of predicted lesions by the true one that is nearest.
pub(super) fn regions(truth: &[Run], pred: &[Run], layout: Layout) -> Vec<Overlap> {
    let (Some(low), Some(high)) = (pred.iter().map(|run| run.start).min(), pred.iter().map(|run| run.end).max()) else {
        return Vec::new();
    };
    if truth.is_empty() {
        return Vec::new();
    }
    let y_of = |run: &Run| run.row % layout.rows;
    let y_low = pred.iter().map(y_of).min().unwrap_or(0);
    let y_high = pred.iter().map(y_of).max().unwrap_or(0) + 1;
    let slices: Vec<&[Run]> = truth.chunk_by(|a, b| a.row / layout.rows == b.row / layout.rows).collect();
    let mut by_y: Vec<Vec<Run>> = vec![Vec::new(); (y_high - y_low) as usize];
    pred.iter().for_each(|run| by_y[(y_of(run) - y_low) as usize].push(*run));
    let width = (PLACES / (slices.len() * by_y.len())).max(1);
    let columns = (high - low) as usize;
    let width = width.min(columns.div_ceil(crate::cpu::threads()).max(1));
    let task = |task: usize| {
        let range = low as usize + task * width..(low as usize + (task + 1) * width).min(high as usize);
        of_columns(&slices, &by_y, range.start as u32..range.end as u32, y_low..y_high, layout.rows)
    };
    let mut all: BTreeMap<(u32, u32), u64> = BTreeMap::new();
    for part in crate::cpu::map_indexed(columns.div_ceil(width), task) {
        part.into_iter().for_each(|(key, voxels)| *all.entry(key).or_default() += voxels);
    }
    all.into_iter().map(|((truth, pred), voxels)| Overlap { truth, pred, voxels }).collect()
}

fn of_columns(
    slices: &[&[Run]],
    pred: &[Vec<Run>],
    columns: Range<u32>,
    ys: Range<u32>,
    rows: u32,
) -> BTreeMap<(u32, u32), u64> {
    let planes: Vec<Vec<Near>> = slices.iter().map(|slice| in_slice(slice, &columns, &ys, rows)).collect();
    let zs: Vec<u32> = slices.iter().map(|slice| slice[0].row / rows).collect();
    let width = columns.len();
    let mut all = BTreeMap::new();
    let mut envelope = Envelope::default();
    let mut wanted: Vec<Vec<(u32, u32)>> = vec![Vec::new(); width];
    for (y, runs) in pred.iter().enumerate() {
        wanted.iter_mut().for_each(Vec::clear);
        for run in runs {
            for x in run.start.max(columns.start)..run.end.min(columns.end) {
                wanted[(x - columns.start) as usize].push((run.row / rows, run.id));
            }
        }
        for (x, wanted) in wanted.iter().enumerate().filter(|(_, wanted)| !wanted.is_empty()) {
            envelope.clear();
            zs.iter().zip(&planes).for_each(|(&z, plane)| envelope.push(z, plane[y * width + x]));
            for &(z, pred) in wanted {
                let (_, lesion) = envelope.at(z);
                *all.entry((lesion, pred)).or_default() += 1;
            }
        }
    }
    all
}

/// The nearest lesion of one slice, for these rows and columns.
fn in_slice(runs: &[Run], columns: &Range<u32>, ys: &Range<u32>, rows: u32) -> Vec<Near> {
    let width = columns.len();
    let lines: Vec<(u32, Vec<Near>)> =
        runs.chunk_by(|a, b| a.row == b.row).map(|row| (row[0].row % rows, in_row(row, columns))).collect();
    let mut plane = vec![FAR; ys.len() * width];
    let mut envelope = Envelope::default();
    for x in 0..width {
        envelope.clear();
        lines.iter().for_each(|(y, line)| envelope.push(*y, line[x]));
        for (place, y) in ys.clone().enumerate() {
            plane[place * width + x] = envelope.at(y);
        }
    }
    plane
}

/// The nearest lesion of one row, for these columns.
fn in_row(runs: &[Run], columns: &Range<u32>) -> Vec<Near> {
    let mut behind = 0;
    let of = |x: u32| {
        while runs.get(behind).is_some_and(|run| run.start <= x) {
            behind += 1;
        }
        let square = |steps: u32| u64::from(steps) * u64::from(steps);
        let left = behind.checked_sub(1).map(|place| &runs[place]);
        let left = left.map_or(FAR, |run| (square((x + 1).saturating_sub(run.end)), run.id));
        let right = runs.get(behind).map_or(FAR, |run| (square(run.start - x), run.id));
        left.min(right)
    };
    columns.clone().map(of).collect()
}

/// Parabolas, of which the lowest at each place is asked for, with places in ascending order.
#[derive(Default)]
struct Envelope {
    parabolas: Vec<(i128, Near)>,
    at: usize,
}

impl Envelope {
    fn clear(&mut self) {
        self.parabolas.clear();
        self.at = 0;
    }

    /// Behind those that are there.
    fn push(&mut self, place: u32, near: Near) {
        if near == FAR {
            return;
        }
        let new = (i128::from(place), near);
        while let [.., a, b] = self.parabolas[..] {
            // Where b becomes lower than a, and new lower than b: between these b is the lowest, and at both ends it may be one
            // of several.
            let [(above, below), (above_next, below_next)] = [crossing(a, b), crossing(b, new)];
            if above * below_next <= above_next * below {
                break;
            }
            self.parabolas.pop();
        }
        self.parabolas.push(new);
    }

    fn at(&mut self, place: u32) -> Near {
        let place = i128::from(place);
        let value = |(own, (squared, _)): (i128, Near)| i128::from(squared) + (place - own) * (place - own);
        let (Some(&first), mut at) = (self.parabolas.get(self.at), self.at) else { return FAR };
        let mut least = value(first);
        while let Some(next) = self.parabolas.get(at + 1).map(|&next| value(next)).filter(|&next| next < least) {
            (at, least) = (at + 1, next);
        }
        self.at = at;
        let equal = self.parabolas[at..].iter().take_while(|&&parabola| value(parabola) == least);
        (least as u64, equal.map(|(_, (_, lesion))| *lesion).min().unwrap_or(u32::MAX))
    }
}

/// Where two parabolas cross, as a fraction.
fn crossing((a, (of_a, _)): (i128, Near), (b, (of_b, _)): (i128, Near)) -> (i128, i128) {
    (i128::from(of_b) + b * b - i128::from(of_a) - a * a, 2 * (b - a))
}
