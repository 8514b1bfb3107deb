//! Which cells one value is computed of.

use super::choices::Per;

/// Cells of one channel that are pooled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    pub channel: usize,
    pub cells: Vec<usize>,
}

/// The members of each value, in the order of the values. Cell `sample · channels + channel` is one of `channel`.
pub(super) fn groups(per: Per, samples: usize, channels: usize, kept: &[usize]) -> Vec<Vec<Member>> {
    let of_sample = |n: usize, c: usize| Member { channel: c, cells: vec![n * channels + c] };
    let of_batch = |c: usize| Member { channel: c, cells: (0..samples).map(|n| n * channels + c).collect() };
    match per {
        Per::Cell => (0..samples).flat_map(|n| kept.iter().map(move |&c| vec![of_sample(n, c)])).collect(),
        Per::Sample => (0..samples).map(|n| kept.iter().map(|&c| of_sample(n, c)).collect()).collect(),
        Per::Channel => kept.iter().map(|&c| vec![of_batch(c)]).collect(),
        Per::All => vec![kept.iter().map(|&c| of_batch(c)).collect()],
        // Values of voxels are not sums of cells.
        Per::Element | Per::Voxel => Vec::new(),
    }
}

/// The axes of the values.
pub(super) fn shape(per: Per, samples: usize, kept: usize) -> Vec<usize> {
    match per {
        Per::Cell => vec![samples, kept],
        Per::Sample => vec![samples],
        Per::Channel => vec![kept],
        Per::All | Per::Element | Per::Voxel => vec![],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kept_cell_is_in_one_group() {
        for per in [Per::Cell, Per::Sample, Per::Channel, Per::All] {
            let groups = groups(per, 2, 3, &[1, 2]);
            assert_eq!(groups.len(), shape(per, 2, 2).iter().product::<usize>(), "{per:?}");
            let mut cells: Vec<usize> = groups.iter().flatten().flat_map(|m| m.cells.clone()).collect();
            cells.sort_unstable();
            assert_eq!(cells, [1, 2, 4, 5], "{per:?}");
        }
    }
}
