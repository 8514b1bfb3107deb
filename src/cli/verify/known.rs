//! Inputs whose results can be worked out by hand, written down here: not even the CPU is trusted.

use super::tally::Tally;
use crate::stats::{
    Connectivity, Counts, DistanceCount, Elements, Exact, InstanceOptions, Lesion, Sums, SurfaceOptions, Terms,
};
use crate::{Classes, Engine, LabelMap, Pair, Shape, Spacing, Volume};
use anyhow::Result;

/// Σp, Σt, Σpt, Σp², Σt², Σ|p−t|.
type Six = [f64; 6];

/// Asks an engine everything.
pub(super) fn check(engine: &Engine) -> Result<Tally> {
    let mut tally = Tally::default();
    let sums = |p: Volume<'_>, t: Volume<'_>| {
        engine.sums_with(Pair { pred: p, truth: t }, &Terms::All.into()).map(|table| table.into_values()[0])
    };

    let four = Shape::new(1, 1, [4])?;
    let (p, t) = ([0.5f32, 0.25, 1.0, 0.0], [1.0f32, 1.0, 0.5, 0.0]);
    let found = sums(Volume::f32(four.clone(), &p)?, Volume::f32(four.clone(), &t)?)?;
    tally.check("four f32", wrong_sums(&found, FOUR));
    // The same numbers as binary16: 0.5, 0.25, 1, 0 and 1, 1, 0.5, 0.
    let (p, t) = ([0x3800, 0x3400, 0x3c00, 0], [0x3c00, 0x3c00, 0x3800, 0]);
    let found = sums(Volume::f16_bits(four.clone(), &p)?, Volume::f16_bits(four.clone(), &t)?)?;
    tally.check("four f16", wrong_sums(&found, FOUR));

    let found = sums(Volume::u8(four.clone(), &[1, 0, 1, 255])?, Volume::u8(four.clone(), &[1, 1, 0, 255])?)?;
    tally.check("four u8", wrong_sums(&found, [257.0, 257.0, 65_026.0, 65_027.0, 65_027.0, 2.0]));
    let found = sums(Volume::u16(four.clone(), &[65_535, 0, 1, 2])?, Volume::u16(four.clone(), &[1, 1, 1, 1])?)?;
    tally.check("four u16", wrong_sums(&found, [65_538.0, 4.0, 65_538.0, 4_294_836_230.0, 4.0, 65_536.0]));

    let found = sums(Volume::f32(four.clone(), &[-8.0, 3.0, 0.5, 0.0])?, Volume::f32(four.clone(), &[2.0; 4])?)?;
    tally.check("signed values beyond 1", wrong_sums(&found, [-4.5, 8.0, -9.0, 73.25, 16.0, 14.5]));
    // 2^-40 is on the grid of 2^-46, its square is not and counts as 0.
    let tiny = [2f32.powi(-40); 4];
    let found = sums(Volume::f32(four.clone(), &tiny)?, Volume::f32(four.clone(), &tiny)?)?;
    let sum = 2f64.powi(-38);
    tally.check("below the grid", wrong_sums(&found, [sum, sum, 0.0, 0.0, 0.0, 0.0]));
    let found = sums(
        Volume::f32(four.clone(), &[f32::NAN, 1.0, 1.0, f32::INFINITY])?,
        Volume::f32(four, &[1.0, 1.0, f32::NEG_INFINITY, f32::NAN])?,
    )?;
    let bad = found.non_finite();
    let numbers = (bad.pred != 2 || bad.truth != 2 || bad.voxels != 3)
        .then(|| format!("found {} and {} non-finite in {} voxels, not 2 and 2 in 3", bad.pred, bad.truth, bad.voxels));
    tally.check("NaN and infinities", numbers.or_else(|| wrong_sums(&found, [1.0, 1.0, 1.0, 1.0, 1.0, 0.0])));

    // Many blocks with a sum in closed form: 200,000 times 2^-10, which is 195.3125.
    let many = Shape::new(1, 1, [200_000])?;
    let (p, t) = (vec![2f32.powi(-10); 200_000], vec![1u8; 200_000]);
    let found = sums(Volume::f32(many.clone(), &p)?, Volume::u8(many, &t)?)?;
    let square = 200_000.0 / 1_048_576.0;
    let expected = [195.3125, 200_000.0, 195.3125, square, 200_000.0, 200_000.0 - 195.3125];
    tally.check("200,000 voxels", wrong_sums(&found, expected));

    let six = Shape::new(1, 1, [2, 3])?;
    let (truth, pred) = ([0u8, 1, 1, 2, 2, 7], [0u8, 1, 2, 2, 2, 0]);
    let classes = Classes::new([1, 2, 3])?;
    let counts =
        engine.counts(Pair { pred: LabelMap::u8(six.clone(), &pred)?, truth: LabelMap::u8(six, &truth)? }, &classes)?;
    let expected = [(1, 1, 2), (2, 3, 2), (0, 0, 0)].map(|(tp, pred, truth)| (tp, pred, truth, 6, 0, 1));
    tally.check("six labels", wrong_counts(counts.values(), &expected));

    // Voxel i has truth i mod 3 and prediction i mod 2: of 100,000 voxels 16,667 are 1 in both, 33,333 are 1 in the
    // truth and 33,333 are 2, and 50,000 are 1 in the prediction.
    let many = Shape::new(1, 1, [100_000])?;
    let truth: Vec<u16> = (0..100_000u32).map(|i| (i % 3) as u16).collect();
    let pred: Vec<u32> = (0..100_000).map(|i| i % 2).collect();
    let classes = Classes::new([1, 2])?;
    let counts = engine
        .counts(Pair { pred: LabelMap::u32(many.clone(), &pred)?, truth: LabelMap::u16(many, &truth)? }, &classes)?;
    let expected = [(16_667, 50_000, 33_333, 100_000, 0, 0), (0, 0, 33_333, 100_000, 0, 0)];
    tally.check("100,000 labels", wrong_counts(counts.values(), &expected));
    surfaces(engine, &mut tally)?;
    lesions(engine, &mut tally)?;
    Ok(tally)
}

/// Two voxels at a corner of each other are one lesion or two; beside them is a voxel of the prediction alone.
fn lesions(engine: &Engine, tally: &mut Tally) -> Result<()> {
    let shape = Shape::new(1, 1, [3, 5])?;
    let (truth, pred) =
        ([1u8, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0], [0u8, 0, 0, 0, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0]);
    let classes = Classes::new([1])?;
    for (name, connectivity, voxels) in
        [("a lesion by corners", Connectivity::Corners, &[2][..]), ("two by faces", Connectivity::Faces, &[1, 1])]
    {
        let options = InstanceOptions { connectivity, ..InstanceOptions::default() };
        let (pred, truth) = (LabelMap::u8(shape.clone(), &pred)?, LabelMap::u8(shape.clone(), &truth)?);
        let found = engine.instances(Pair { pred, truth }, &classes, &options)?;
        let found = &found.values()[0];
        let of_truth: Vec<u64> = found.truth().iter().map(Lesion::voxels).collect();
        let of_pred: Vec<u64> = found.pred().iter().map(Lesion::first).collect();
        let shared: Vec<[u64; 3]> =
            found.overlaps().iter().map(|o| [o.truth.into(), o.pred.into(), o.voxels]).collect();
        let last = voxels.len() as u64 - 1;
        let failure = (of_truth != voxels || of_pred != [4, 6] || shared != [[last, 1, 1]]).then(|| {
            format!("true lesions of {of_truth:?} voxels, predicted ones from voxels {of_pred:?}, shared {shared:?}")
        });
        tally.check(name, failure);
    }
    Ok(())
}

/// A voxel, and one that is two columns of 1.5 mm and a row of 2 mm farther: as whole numbers of 0.5 mm, squared, 36 + 16.
/// Their corners are as far apart where they face each other, and farther where they do not.
fn surfaces(engine: &Engine, tally: &mut Tally) -> Result<()> {
    let shape = Shape::new(1, 1, [3, 5])?;
    let (mut truth, mut pred) = ([0u8; 15], [0u8; 15]);
    (truth[1], pred[8]) = (1, 1);
    let classes = Classes::new([1])?;
    let of = |elements| {
        let options = SurfaceOptions { spacing: Spacing::new([2.0, 1.5])?, elements, ..SurfaceOptions::default() };
        engine.surfaces(
            Pair { pred: LabelMap::u8(shape.clone(), &pred)?, truth: LabelMap::u8(shape.clone(), &truth)? },
            &classes,
            &options,
        )
    };
    // Truth's corners are at columns 1 and 2 of rows 0 and 1, the prediction's at columns 3 and 4 of rows 1 and 2.
    let corners = [9, 9 + 16, 36, 36 + 16];
    for (name, elements, expected) in
        [("two voxels", Elements::Face, &[52][..]), ("eight corners", Elements::Corner, &corners)]
    {
        let surfaces = of(elements)?;
        let surface = &surfaces.values()[0];
        let squares = |entries: &[DistanceCount]| -> Vec<u64> {
            entries.iter().flat_map(|entry| std::iter::repeat_n(entry.squared, entry.count as usize)).collect()
        };
        let found = [surface.truth(), surface.pred()].map(|distances| squares(distances.entries()));
        let wrong = found.iter().find(|found| found[..] != *expected);
        let failure = wrong.map(|found| format!("the squared distances are {found:?}, not {expected:?}"));
        tally.check(name, failure.or_else(|| (surface.lattice().unit() != 0.5).then(|| "the unit is wrong".into())));
    }
    Ok(())
}

/// Of (0.5, 0.25, 1, 0) and (1, 1, 0.5, 0).
const FOUR: Six = [1.75, 2.5, 1.25, 1.3125, 2.25, 1.75];

/// What is wrong with sums that should be these, exactly.
fn wrong_sums(found: &Sums, expected: Six) -> Option<String> {
    let names = ["sum of p", "sum of t", "sum of pt", "sum of p^2", "sum of t^2", "sum of |p-t|"];
    let exact = found.exact();
    if exact.len() != expected.len() {
        return Some(format!("{} sums instead of 6", exact.len()));
    }
    let wrong = exact.iter().zip(expected).position(|(&found, expected)| !is(found, expected))?;
    Some(format!("the {} is {}, not {}", names[wrong], exact[wrong], expected[wrong]))
}

/// Whether an exact sum is this number, bit by bit and not only after rounding.
fn is(sum: Exact, expected: f64) -> bool {
    let back = (expected * 2f64.powi(-sum.exponent())) as i128;
    sum.to_f64() == expected && sum.units() == back
}

/// What is wrong with counts that should be these: tp, n_pred, n_truth, n, out of range in pred and truth.
fn wrong_counts(found: &[Counts], expected: &[(u64, u64, u64, u64, u64, u64)]) -> Option<String> {
    if found.len() != expected.len() {
        return Some(format!("{} classes instead of {}", found.len(), expected.len()));
    }
    let plain = |c: &Counts| (c.tp(), c.n_pred(), c.n_truth(), c.n(), c.out_of_range_pred(), c.out_of_range_truth());
    let class = found.iter().zip(expected).position(|(found, expected)| plain(found) != *expected)?;
    Some(format!("class {class} has {:?}, not {:?}", plain(&found[class]), expected[class]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Backend, EngineOptions, NonFinite};

    fn engine() -> Engine {
        let options =
            EngineOptions { backend: Backend::Cpu, non_finite: NonFinite::Ignore, ..EngineOptions::default() };
        Engine::new(&options).unwrap()
    }

    #[test]
    fn the_cpu_knows_every_answer() {
        let tally = check(&engine()).unwrap();
        assert_eq!((tally.checks, tally.first_failure), (14, None));
    }

    #[test]
    fn a_wrong_answer_is_noticed_to_the_last_unit() {
        let shape = Shape::new(1, 1, [4]).unwrap();
        let sums = |p: [f32; 4]| {
            let t = [1.0f32, 1.0, 0.5, 0.0];
            let (p, t) = (Volume::f32(shape.clone(), &p).unwrap(), Volume::f32(shape.clone(), &t).unwrap());
            engine().sums_with(Pair { pred: p, truth: t }, &Terms::All.into()).unwrap().into_values()[0]
        };
        assert_eq!(wrong_sums(&sums([0.5, 0.25, 1.0, 0.0]), FOUR), None);
        assert!(wrong_sums(&sums([0.5, 0.25, 1.0, 2f32.powi(-46)]), FOUR).unwrap().contains("sum of p is"));
        assert!(wrong_sums(&Sums::zero(Terms::Plain, None), FOUR).is_some());
        let counts = Counts::new(1, 2, 3, 9).unwrap();
        assert_eq!(wrong_counts(&[counts], &[(1, 2, 3, 9, 0, 0)]), None);
        assert!(wrong_counts(&[counts.with_out_of_range(1, 0)], &[(1, 2, 3, 9, 0, 0)]).is_some());
        assert!(wrong_counts(&[counts], &[(1, 2, 3, 9, 0, 0); 2]).is_some());
    }
}
