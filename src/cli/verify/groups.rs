//! Groups of comparisons of two engines, block by block.

use super::data::{Kind, LabelKind, LabelVoxels, Values, Voxels};
use crate::cli::compare::{InWords, first_difference};
use crate::stats::Terms;
use crate::{Classes, Engine, Layout, Shape, Table};
use anyhow::Result;

/// Comparisons that belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    Sums(Values),
    TinyCells,
    Counts(usize),
    /// Labels too large for a table, which are searched for.
    LargeLabels,
}

/// What a group came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub checks: u64,
    pub blocks: u64,
    pub first_failure: Option<String>,
}

impl Tally {
    /// Adds one comparison, called `name`.
    pub fn compare<T: InWords>(&mut self, name: &str, a: &Table<Vec<T>>, b: &Table<Vec<T>>) {
        self.blocks += a.values().iter().map(|blocks| blocks.len() as u64).sum::<u64>();
        self.check(name, first_difference(a, b).map(|difference| difference.to_string()));
    }

    /// Adds one check, called `name`, that failed if there is something to say.
    pub fn check(&mut self, name: &str, failure: Option<String>) {
        self.checks += 1;
        if let Some(failure) = failure {
            self.first_failure.get_or_insert_with(|| format!("{name}: {failure}"));
        }
    }
}

impl Group {
    pub const ALL: [Self; 8] = [
        Self::Sums(Values::Unit),
        Self::Sums(Values::Eight),
        Self::Sums(Values::Wild),
        Self::TinyCells,
        Self::Counts(3),
        Self::Counts(18),
        Self::Counts(1500),
        Self::LargeLabels,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Sums(Values::Unit) => "sums in [0, 1]",
            Self::Sums(Values::Eight) => "sums in [-8, 8]",
            Self::Sums(Values::Wild) => "sums beside NaN and inf",
            Self::TinyCells => "sums of tiny cells",
            Self::Counts(3) => "counts of 3 labels",
            Self::Counts(18) => "counts of 18 labels",
            Self::Counts(_) => "counts of 1500 labels",
            Self::LargeLabels => "counts of labels up to 2^32",
        }
    }

    /// Compares two engines, which must ignore non-finite voxels.
    pub fn compare(self, cpu: &Engine, other: &Engine) -> Result<Tally> {
        let mut tally = Tally::default();
        match self {
            Self::Sums(values) => {
                // Blocks of every cell end in an odd place, and windows cut through them.
                let shape = Shape::new(1, 3, [7, 9371])?;
                for (p, t) in pairs(Kind::ALL) {
                    for terms in [Terms::Plain, Terms::Squared, Terms::All] {
                        sums(&mut tally, [cpu, other], &shape, [p, t], values, terms)?;
                    }
                }
            }
            Self::TinyCells => {
                for shape in [Shape::new(41, 3, [])?, Shape::new(5, 2, [7])?, Shape::new(70, 2, [5, 17])?] {
                    for (p, t) in [(Kind::F32, Kind::F32), (Kind::F16, Kind::U8), (Kind::U8, Kind::U8)] {
                        sums(&mut tally, [cpu, other], &shape, [p, t], Values::Eight, Terms::Squared)?;
                    }
                }
            }
            Self::Counts(classes) => {
                let labels: Vec<u32> = (1..=classes as u32).collect();
                counts(&mut tally, [cpu, other], &labels, &LabelKind::ALL)?;
            }
            Self::LargeLabels => {
                let labels: Vec<u32> = (1..=40).map(|i| u32::MAX / 40 * i).collect();
                counts(&mut tally, [cpu, other], &labels, &[LabelKind::U32])?;
            }
        }
        Ok(tally)
    }
}

fn pairs<T: Copy, const N: usize>(all: [T; N]) -> impl Iterator<Item = (T, T)> {
    all.into_iter().flat_map(move |p| all.map(|t| (p, t)))
}

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
    for layout in [Layout::ChannelsFirst, Layout::ChannelsLast] {
        let shape = shape.clone().with_layout(layout);
        let run = |engine: &Engine| engine.sums_by_block(p.volume(shape.clone())?, t.volume(shape.clone())?, terms);
        let [a, b] = engines.map(run);
        let terms = match terms {
            Terms::Plain => "3",
            Terms::Squared => "5",
            Terms::All => "6",
        };
        tally.compare(&format!("{} x {} of {shape}, {terms} terms", p_kind.name(), t_kind.name()), &a?, &b?);
    }
    Ok(())
}

fn counts(tally: &mut Tally, engines: [&Engine; 2], labels: &[u32], kinds: &[LabelKind]) -> Result<()> {
    let classes = Classes::new(labels.iter().copied())?;
    let shape = Shape::new(2, 1, [3, 43_691])?;
    for &p_kind in kinds {
        for &t_kind in kinds {
            let p = LabelVoxels::new(p_kind, labels, shape.elements(), 3);
            let t = LabelVoxels::new(t_kind, labels, shape.elements(), 4);
            let name = format!("{} x {} of {shape}", p_kind.name(), t_kind.name());
            let by_block =
                engines.map(|engine| engine.counts_by_block(p.map(shape.clone())?, t.map(shape.clone())?, &classes));
            let [a, b] = by_block;
            tally.compare(&name, &a?, &b?);
            // Whole samples take another path than their blocks: long ones cross windows.
            let whole = engines.map(|engine| engine.counts(p.map(shape.clone())?, t.map(shape.clone())?, &classes));
            let [a, b] = whole;
            tally.compare(&format!("{name}, whole"), &a?.map(|c| vec![*c]), &b?.map(|c| vec![*c]));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
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

    /// An engine compared with itself agrees, in every group; the data is such that the groups differ from each other.
    #[test]
    fn groups_look_at_what_they_say() {
        let engine = Engine::new(&EngineOptions { non_finite: NonFinite::Ignore, ..Default::default() }).unwrap();
        for group in [Group::TinyCells, Group::Counts(18), Group::LargeLabels] {
            let tally = group.compare(&engine, &engine).unwrap();
            assert!(tally.checks > 0 && tally.blocks > tally.checks, "{group:?}");
            assert_eq!(tally.first_failure, None);
        }
        let shape = Shape::new(1, 1, [20_000]).unwrap();
        let sums = |values| {
            let voxels = Voxels::new(Kind::F32, values, 20_000, 1);
            let volume = || voxels.volume(shape.clone()).unwrap();
            engine.sums(volume(), volume()).unwrap().into_values().remove(0)
        };
        assert!(!sums(Values::Unit).out_of_range() && sums(Values::Eight).out_of_range());
        assert!(sums(Values::Wild).non_finite().voxels > 0 && sums(Values::Unit).non_finite().voxels == 0);
    }
}
