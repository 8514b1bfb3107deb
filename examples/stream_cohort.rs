//! A cohort that does not fit the memory: each case comes slab by slab, as a decoder or a network would yield it, and
//! leaves a few integers behind. `cargo run --example stream_cohort`.

use voxdice::stats::{Counts, Merge, Sums};
use voxdice::{Classes, Empty, Engine, EngineOptions, LabelMap, LabelSlice, Pair, Shape, SumsOptions, Volume, metric};

const SIDE: usize = 96;
const SLAB: usize = SIDE * SIDE * 7; // seven slices: not a divisor of anything
const VOXELS: usize = SIDE * SIDE * SIDE;

/// Voxel `i` of a case: the label of the truth, and the probability of label 1.
fn voxel(case: usize, i: usize) -> (u8, f32) {
    let (x, y) = (i % SIDE, i / SIDE % SIDE);
    let truth = u8::from((x + y) % (17 + case) < 5);
    (truth, ((x * 7 + y * 3 + case) % 65) as f32 / 64.0)
}

/// What a decoder yields: labels and probabilities of the next voxels.
fn slabs(case: usize) -> impl Iterator<Item = (Vec<u8>, Vec<f32>)> {
    (0..VOXELS).step_by(SLAB).map(move |start| (start..VOXELS.min(start + SLAB)).map(|i| voxel(case, i)).unzip())
}

fn main() -> Result<(), voxdice::Error> {
    let engine = Engine::new(&EngineOptions::default())?;
    let classes = Classes::new([1])?;
    let mut cohort: Option<(Sums, Counts)> = None;
    for case in 0..5 {
        let mut sums = engine.accumulate_sums(&Shape::new(1, 1, [VOXELS])?, &SumsOptions::default())?;
        let mut counts = engine.accumulate_counts(&classes);
        for (truth, pred) in slabs(case) {
            let piece = Shape::new(1, 1, [truth.len()])?;
            sums.add(Pair { pred: Volume::f32(piece.clone(), &pred)?, truth: Volume::u8(piece, &truth)? })?;
            let mask: Vec<u8> = pred.iter().map(|&p| u8::from(p >= 0.5)).collect();
            counts.add(Pair { pred: LabelSlice::U8(&mask), truth: LabelSlice::U8(&truth) })?;
        }
        let (sums, counts) = (sums.finish()?, counts.finish()?);

        // Slab by slab or at once: the same bits.
        let (truth, pred): (Vec<u8>, Vec<f32>) = (0..VOXELS).map(|i| voxel(case, i)).unzip();
        let shape = || Shape::new(1, 1, [VOXELS]);
        assert_eq!(
            sums,
            engine.sums(Pair { pred: Volume::f32(shape()?, &pred)?, truth: Volume::u8(shape()?, &truth)? })?
        );
        let mask: Vec<u8> = pred.iter().map(|&p| u8::from(p >= 0.5)).collect();
        let whole = engine
            .counts(Pair { pred: LabelMap::u8(shape()?, &mask)?, truth: LabelMap::u8(shape()?, &truth)? }, &classes)?;
        assert_eq!(counts, whole.values());

        // A case is two small values now, and cases merge in any order.
        let (sums, counts) = (sums.values()[0], counts[0]);
        match &mut cohort {
            None => cohort = Some((sums, counts)),
            Some((all_sums, all_counts)) => {
                all_sums.merge(&sums)?;
                all_counts.merge(&counts)?;
            }
        }
    }
    let Some((sums, counts)) = cohort else { return Ok(()) };
    assert_eq!((sums.voxels(), counts.n()), (5 * VOXELS as u64, 5 * VOXELS as u64));
    let soft = 2.0 * sums.product() / (sums.pred() + sums.truth());
    let hard = metric::dice(&counts, Empty::Nan);
    assert!((0.0..1.0).contains(&soft) && (0.0..1.0).contains(&hard));
    Ok(())
}
