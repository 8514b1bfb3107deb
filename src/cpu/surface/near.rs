//! The nearest target of a query that has one a few rows away: rows in the order of their distance, until none can be nearer.

use super::bits::Bits;
use super::row::{ANYWHERE, nearest_in_row, square};

/// Steps, along the axis with the shorter ones, that are near.
const NEAR: i8 = 4;

/// The rows around a query.
pub(super) struct Near<'a> {
    targets: &'a Bits,
    weight: u64,
    /// By their distance. All that are nearer than `limit`.
    rows: Vec<Row>,
    limit: u64,
}

/// A row `dz` slices and `dy` rows away, which is `squared` away at least.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    squared: u64,
    dz: i8,
    dy: i8,
}

impl<'a> Near<'a> {
    pub fn new(targets: &'a Bits, [wz, wy, wx]: [u64; 3]) -> Self {
        let steps = |axis: usize| if targets.size[axis] > 1 { -NEAR..=NEAR } else { 0..=0 };
        let squared = |steps: i8| square(usize::from(steps.unsigned_abs()));
        // Without a second slice or row there are none in between, however short the step.
        let shortest = [(wz, targets.size[0]), (wy, targets.size[1])].into_iter().filter(|&(_, size)| size > 1);
        let limit = shortest.map(|(weight, _)| weight).min().unwrap_or(wx).saturating_mul(squared(NEAR));
        let all = steps(0).flat_map(|dz| steps(1).map(move |dy| (dz, dy)));
        let all = all.map(|(dz, dy)| {
            let along = |weight: u64, steps: i8| weight.saturating_mul(squared(steps));
            Row { squared: along(wz, dz).saturating_add(along(wy, dy)), dz, dy }
        });
        let mut rows: Vec<Row> = all.filter(|row| row.squared < limit).collect();
        rows.sort_unstable();
        Self { targets, weight: wx, rows, limit }
    }

    /// Whether a squared distance is one of those that are found here.
    pub fn has(&self, squared: u64) -> bool {
        squared <= self.limit
    }

    /// The squared distance to the nearest target, if that is near. Rows and words that are looked at are added to `cost`.
    pub fn nearest(&self, [z, y, x]: [usize; 3], cost: &mut u64) -> Option<u64> {
        let [nz, ny, _] = self.targets.size;
        let (mut best, mut reach) = (u64::MAX, ANYWHERE);
        for row in &self.rows {
            if row.squared >= best {
                return Some(best);
            }
            *cost += 1;
            let place = z.checked_add_signed(row.dz.into()).zip(y.checked_add_signed(row.dy.into()));
            let Some((z, y)) = place.filter(|&(z, y)| z < nz && y < ny) else { continue };
            if let Some(steps) = nearest_in_row(self.targets.row(z, y), x, reach, cost) {
                let squared = row.squared + self.weight * square(steps);
                if squared < best {
                    best = squared;
                    // The square root may be one too small, as f64 has fewer digits.
                    reach = ((best / self.weight) as f64).sqrt() as usize + 1;
                }
            }
        }
        self.has(best).then_some(best)
    }
}
