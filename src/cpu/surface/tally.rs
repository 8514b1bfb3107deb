//! Counting distances as they are found.

use crate::stats::DistanceCount;

/// Counts in a small table: a distance that meets another one in its place drives that out into a list.
pub(super) struct Tally {
    table: Vec<DistanceCount>,
    list: Vec<DistanceCount>,
    /// The list is tidied up when it is this long.
    most: usize,
}

/// Places, as a power of two.
const BITS: u32 = 9;

/// A list that is shorter needs no tidying up.
const SHORT: usize = 1 << 16;

impl Tally {
    pub fn new() -> Self {
        let table = vec![DistanceCount { squared: 0, kind: 0, count: 0 }; 1 << BITS];
        Self { table, list: Vec::new(), most: SHORT }
    }

    #[inline]
    pub fn add(&mut self, squared: u64, kind: u8) {
        let hash = (squared ^ u64::from(kind) << 57).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let place = &mut self.table[(hash >> (64 - BITS)) as usize];
        if (place.squared, place.kind) == (squared, kind) {
            place.count += 1;
            return;
        }
        if place.count > 0 {
            self.list.push(*place);
        }
        *place = DistanceCount { squared, kind, count: 1 };
        if self.list.len() >= self.most {
            tidy(&mut self.list);
            self.most = SHORT.max(2 * self.list.len());
        }
    }

    /// What was counted, in no order.
    pub fn finish(mut self) -> Vec<DistanceCount> {
        self.list.extend(self.table.into_iter().filter(|place| place.count > 0));
        tidy(&mut self.list);
        self.list
    }
}

/// Adds up what has the same distance and kind.
fn tidy(list: &mut Vec<DistanceCount>) {
    list.sort_unstable();
    list.dedup_by(|next, kept| {
        let same = (next.squared, next.kind) == (kept.squared, kept.kind);
        if same {
            kept.count += next.count;
        }
        same
    });
}
