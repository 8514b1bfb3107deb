//! From blocks to cells, and the verdict on voxels that are NaN or infinite.

use crate::error::{Error, NonFiniteFact, Operand, Position, Result};
use crate::job::Block;
use crate::options::{NonFinite, SumsOptions};
use crate::shape::{BLOCK_VOXELS, Shape};
use crate::stats::{Merge, Sums};
use crate::table::Table;

/// Sums of the cells of a shape, block after block in any order.
#[derive(Debug, Clone)]
pub(super) struct Fold {
    options: SumsOptions,
    cells: Vec<Sums>,
    size: (usize, usize),
    facts: Facts,
}

impl Fold {
    pub fn new(shape: &Shape, options: &SumsOptions, facts: Facts) -> Self {
        let cells = vec![options.zero(); shape.cells() as usize];
        let size = (shape.samples() as usize, shape.channels() as usize);
        Self { options: *options, cells, size, facts }
    }

    /// Adds a block to its cell.
    pub fn add(&mut self, block: &Block) -> Result<()> {
        let sums = self.facts.sums(block, &self.options);
        self.cells[block.cell as usize].merge(&sums)
    }

    pub fn finish(self) -> Result<Table<Sums>> {
        self.facts.verdict()?;
        Ok(Table::new(self.size.0, self.size.1, self.cells))
    }
}

/// What a NaN of the truth is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TruthNan {
    /// A missing number: the policy decides.
    Fault,
    /// A voxel that is masked out.
    Masked,
}

/// NaN and infinities met so far.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    channels: u64,
    policy: NonFinite,
    truth: TruthNan,
    found: [Option<NonFiniteFact>; 2],
}

impl Facts {
    pub fn new(shape: &Shape, policy: NonFinite, truth: TruthNan) -> Self {
        Self { channels: shape.channels(), policy, truth, found: [None, None] }
    }

    /// Applies the policy to the sums of a block, and records which voxels were not finite. Blocks may come in any
    /// order.
    pub fn sums(&mut self, block: &Block, options: &SumsOptions) -> Sums {
        self.note(block);
        let sums = Sums::of_block(options.zero(), &block.sums);
        let found = sums.non_finite();
        let faults = if self.truth == TruthNan::Masked { found.pred } else { found.voxels };
        if self.policy == NonFinite::Propagate && faults > 0 { sums.propagating() } else { sums }
    }

    fn note(&mut self, block: &Block) {
        let counts = [block.sums.non_finite.pred, block.sums.non_finite.truth];
        let operands = [Operand::Pred, Operand::Truth];
        for (i, operand) in operands.into_iter().enumerate() {
            if operand == Operand::Truth && self.truth == TruthNan::Masked {
                continue;
            }
            let Some(voxel) = block.first_non_finite[i] else { continue };
            let first = Position {
                sample: block.cell / self.channels,
                channel: block.cell % self.channels,
                voxel: block.block * BLOCK_VOXELS + u64::from(voxel),
            };
            let fact = self.found[i].get_or_insert(NonFiniteFact { operand, count: 0, first });
            fact.count += counts[i];
            fact.first = fact.first.min(first);
        }
    }

    /// An error if there were any and the policy does not allow them.
    pub fn verdict(&self) -> Result<()> {
        let facts: Vec<NonFiniteFact> = self.found.into_iter().flatten().collect();
        if self.policy == NonFinite::Error && !facts.is_empty() {
            return Err(Error::NonFinite { facts });
        }
        Ok(())
    }
}
