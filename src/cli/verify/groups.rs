//! Groups of comparisons of two engines, block by block.

use super::data::{Kind, LabelKind, LabelVoxels, Values, Voxels};
use super::tally::Tally;
use super::{lesions, surfaces};
use crate::stats::Terms;
use crate::{Classes, Engine, LabelMap, Layout, Pair, Shape};
use anyhow::Result;

/// Comparisons that belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    Sums(Values),
    /// Truths that are label maps.
    LabelTruths,
    TinyCells,
    Counts(usize),
    /// Few labels that four bits do not hold.
    FewFarLabels,
    /// Labels too large for a table, which are searched for.
    LargeLabels,
    /// Distances of surfaces.
    Surfaces,
    Lesions,
}

impl Group {
    pub const ALL: [Self; 13] = [
        Self::Sums(Values::Unit),
        Self::Sums(Values::Odd),
        Self::Sums(Values::Eight),
        Self::Sums(Values::Wild),
        Self::LabelTruths,
        Self::TinyCells,
        Self::Counts(3),
        Self::FewFarLabels,
        Self::Counts(18),
        Self::Counts(1500),
        Self::LargeLabels,
        Self::Surfaces,
        Self::Lesions,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Sums(Values::Unit) => "sums in [0, 1]",
            Self::Sums(Values::Odd) => "sums with odd values",
            Self::LabelTruths => "sums against label maps",
            Self::Sums(Values::Eight) => "sums in [-8, 8]",
            Self::Sums(Values::Wild) => "sums beside NaN and inf",
            Self::TinyCells => "sums of tiny cells",
            Self::Counts(3) => "counts of 3 labels",
            Self::FewFarLabels => "counts of 5 labels up to 255",
            Self::Counts(18) => "counts of 18 labels",
            Self::Counts(_) => "counts of 1500 labels",
            Self::LargeLabels => "counts of labels up to 2^32",
            Self::Surfaces => "surface distances",
            Self::Lesions => "lesions",
        }
    }

    /// Compares two engines, which must ignore non-finite voxels.
    ///
    /// Making kernels is what takes the time, so they are chosen: the first round (0) meets every pair of types in both
    /// layouts, each with another set of terms; the second meets every pair once more, with the third set of terms and
    /// alternating layouts, and label types with themselves.
    pub fn compare(self, cpu: &Engine, other: &Engine, round: usize) -> Result<Tally> {
        let mut tally = Tally::default();
        match self {
            Self::Sums(values) => {
                // Blocks of every cell end in an odd place, and windows cut through them.
                let shape = Shape::new(1, 3, [7, 9371])?;
                for (p, p_kind) in Kind::ALL.into_iter().enumerate() {
                    for (t, t_kind) in Kind::ALL.into_iter().enumerate() {
                        for (l, layout) in LAYOUTS.into_iter().enumerate() {
                            if round > 0 && (p + t) % 2 != l {
                                continue;
                            }
                            let terms = TERMS[(p + t + if round > 0 { 2 } else { l }) % TERMS.len()];
                            let shape = shape.clone().with_layout(layout);
                            sums(&mut tally, [cpu, other], &shape, [p_kind, t_kind], values, terms)?;
                        }
                    }
                }
            }
            Self::LabelTruths => {
                // Cells of odd sizes lie otherwise in their words than the labels, but for the first.
                for spatial in [[7, 9371], [16, 4100]] {
                    for layout in LAYOUTS.into_iter().skip(round) {
                        let shape = Shape::new(2, 3, spatial)?.with_layout(layout);
                        for (kind, terms) in [
                            (Kind::F32, Terms::Squared),
                            (Kind::F16, Terms::All),
                            (Kind::Bf16, Terms::Squared),
                            (Kind::F64, Terms::All),
                        ] {
                            label_truths(&mut tally, [cpu, other], &shape, kind, terms)?;
                        }
                    }
                }
            }
            Self::TinyCells => {
                for shape in [Shape::new(41, 3, [])?, Shape::new(5, 2, [7])?, Shape::new(70, 2, [5, 17])?] {
                    for layout in LAYOUTS.into_iter().skip(round) {
                        let shape = shape.clone().with_layout(layout);
                        for kinds in [[Kind::F32, Kind::F32], [Kind::U8, Kind::U8]] {
                            sums(&mut tally, [cpu, other], &shape, kinds, Values::Eight, Terms::All)?;
                        }
                    }
                }
            }
            Self::FewFarLabels => counts(&mut tally, [cpu, other], &[3, 17, 64, 200, 255], &[LabelKind::U8], round)?,
            Self::Counts(classes) => {
                let labels: Vec<u32> = (1..=classes as u32).collect();
                counts(&mut tally, [cpu, other], &labels, &LabelKind::ALL, round)?;
            }
            Self::LargeLabels => {
                let labels: Vec<u32> = (1..=40).map(|i| u32::MAX / 40 * i).collect();
                counts(&mut tally, [cpu, other], &labels, &[LabelKind::U32], round)?;
            }
            Self::Surfaces => surfaces::compare(&mut tally, [cpu, other], round)?,
            Self::Lesions => lesions::compare(&mut tally, [cpu, other], round)?,
        }
        Ok(tally)
    }
}

const LAYOUTS: [Layout; 2] = [Layout::ChannelsFirst, Layout::ChannelsLast];
/// The rounds above are laid out for three sets.
const TERMS: [Terms; 3] = Terms::EXACT;

fn sums(
    tally: &mut Tally,
    engines: [&Engine; 2],
    shape: &Shape,
    [p_kind, t_kind]: [Kind; 2],
    values: Values,
    terms: Terms,
) -> Result<()> {
    let p = Voxels::new(p_kind, values, shape.elements(), 1);
    let t = Voxels::new(t_kind, values, shape.elements(), 2);
    let run = |engine: &Engine| {
        engine.sums_by_block(Pair { pred: p.volume(shape.clone())?, truth: t.volume(shape.clone())? }, &terms.into())
    };
    let [a, b] = engines.map(run);
    let name = format!("{} x {} of {shape}, {} terms", p_kind.name(), t_kind.name(), terms.len());
    tally.compare(&name, &a?, &b?);
    Ok(())
}

fn label_truths(tally: &mut Tally, engines: [&Engine; 2], shape: &Shape, kind: Kind, terms: Terms) -> Result<()> {
    let spatial: Vec<usize> = shape.spatial().iter().map(|&length| length as usize).collect();
    let maps = Shape::new(shape.samples() as usize, 1, spatial)?;
    let (p, t) = (Voxels::new(kind, Values::Unit, shape.elements(), 5), Voxels::labels(maps.elements(), 3, 6));
    let run = |engine: &Engine| {
        engine.sums_by_block(
            Pair { pred: p.volume(shape.clone())?, truth: LabelMap::u8(maps.clone(), &t)? },
            &terms.into(),
        )
    };
    let [a, b] = engines.map(run);
    tally.compare(&format!("{} of {shape} x labels, {} terms", kind.name(), terms.len()), &a?, &b?);
    Ok(())
}

fn counts(tally: &mut Tally, engines: [&Engine; 2], labels: &[u32], kinds: &[LabelKind], round: usize) -> Result<()> {
    let classes = Classes::new(labels.iter().copied())?;
    // Two blocks and a shorter one, which is long enough for the kernel of whole blocks.
    let shape = Shape::new(2, 1, [3, 44_711])?;
    for (i, &p_kind) in kinds.iter().enumerate() {
        for (j, &t_kind) in kinds.iter().enumerate() {
            if round > 0 && i != j {
                continue;
            }
            let p = LabelVoxels::new(p_kind, labels, shape.elements(), 3);
            let t = LabelVoxels::new(t_kind, labels, shape.elements(), 4);
            let name = format!("{} x {} of {shape}", p_kind.name(), t_kind.name());
            let by_block = engines.map(|engine| {
                engine.counts_by_block(Pair { pred: p.map(shape.clone())?, truth: t.map(shape.clone())? }, &classes)
            });
            let [a, b] = by_block;
            tally.compare(&name, &a?, &b?);
            // Whole samples take another path than their blocks: long ones cross windows.
            let whole = engines.map(|engine| {
                engine.counts(Pair { pred: p.map(shape.clone())?, truth: t.map(shape.clone())? }, &classes)
            });
            let [a, b] = whole;
            tally.compare(&format!("{name}, whole"), &a?.map(|c| vec![*c]), &b?.map(|c| vec![*c]));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Table;
    use crate::stats::Counts;
    use crate::{EngineOptions, NonFinite};

    #[test]
    fn a_tally_keeps_the_first_failure_and_counts_all() {
        let good = Table::new(1, 1, vec![vec![Counts::new(1, 2, 3, 9).unwrap(); 2]]);
        let bad = Table::new(1, 1, vec![vec![Counts::new(1, 2, 3, 9).unwrap(), Counts::new(0, 2, 3, 9).unwrap()]]);
        let mut tally = Tally::default();
        tally.compare("a", &good, &good);
        assert_eq!(tally.first_failure, None);
        tally.compare("b", &good, &bad);
        tally.compare("c", &bad, &good);
        assert_eq!((tally.checks, tally.blocks), (3, 6));
        let failure = tally.first_failure.unwrap();
        assert!(failure.starts_with("b: sample 0, channel 0, block 1: the CPU has tp 1"), "{failure}");
    }

    #[test]
    fn two_rounds_bring_every_pair_of_types_together_with_all_terms() {
        // As in `compare`: the layout l of round 0 has terms (p + t + l) mod 3, round 1 has (p + t + 2) mod 3.
        let engine = Engine::new(&EngineOptions { non_finite: NonFinite::Ignore, ..Default::default() }).unwrap();
        let checks = [0, 1].map(|round| Group::Sums(Values::Unit).compare(&engine, &engine, round).unwrap().checks);
        assert_eq!(checks, [32, 16]);
    }

    /// An engine compared with itself agrees, in every group; the data is such that the groups differ from each other.
    #[test]
    fn groups_look_at_what_they_say() {
        let engine = Engine::new(&EngineOptions { non_finite: NonFinite::Ignore, ..Default::default() }).unwrap();
        for group in [Group::TinyCells, Group::Counts(18), Group::LargeLabels] {
            let tally = group.compare(&engine, &engine, 0).unwrap();
            assert!(tally.checks > 0 && tally.blocks > tally.checks, "{group:?}");
            assert_eq!(tally.first_failure, None);
        }
        let shape = Shape::new(1, 1, [20_000]).unwrap();
        let sums = |values| {
            let voxels = Voxels::new(Kind::F32, values, 20_000, 1);
            let volume = || voxels.volume(shape.clone()).unwrap();
            engine.sums(Pair { pred: volume(), truth: volume() }).unwrap().into_values().remove(0)
        };
        assert!(!sums(Values::Unit).out_of_range() && sums(Values::Eight).out_of_range());
        assert!(sums(Values::Wild).non_finite().voxels > 0 && sums(Values::Unit).non_finite().voxels == 0);
    }
}
