//! Which voxels there have been.

use std::collections::BTreeMap;
use std::ops::Range;

/// Disjoint ranges that do not touch: one for a stream in order.
#[derive(Debug, Clone, Default)]
pub(super) struct Ranges {
    /// Ends by starts.
    ends: BTreeMap<u64, u64>,
}

impl Ranges {
    /// The first voxel of `range` that is there already.
    pub fn first_within(&self, range: Range<u64>) -> Option<u64> {
        let before = self.ends.range(..=range.start).next_back();
        if before.is_some_and(|(_, &end)| end > range.start) {
            return Some(range.start);
        }
        self.ends.range(range.start..range.end).next().map(|(&start, _)| start)
    }

    /// The first voxel below `end` that is not there.
    pub fn first_missing(&self, end: u64) -> Option<u64> {
        let found = self.ends.get(&0).copied().unwrap_or(0);
        (found < end).then_some(found)
    }

    /// Adds a range of voxels that are not there.
    pub fn insert(&mut self, range: Range<u64>) {
        let Range { mut start, mut end } = range;
        if let Some((&before, &touches)) = self.ends.range(..start).next_back()
            && touches == start
        {
            start = before;
        }
        if let Some(further) = self.ends.remove(&end) {
            end = further;
        }
        self.ends.insert(start, end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_join_and_know_their_gaps() {
        let mut ranges = Ranges::default();
        for (range, missing) in [(5..7, 0), (0..2, 2), (9..10, 2), (2..5, 7), (7..9, 10)] {
            assert_eq!(ranges.first_within(range.clone()), None);
            ranges.insert(range.clone());
            assert_eq!(ranges.first_missing(20), Some(missing));
            assert_eq!(ranges.first_within(range.start..20), Some(range.start));
        }
        assert_eq!((ranges.first_missing(10), ranges.first_within(10..20)), (None, None));
        assert_eq!(ranges.ends.len(), 1);
    }
}
