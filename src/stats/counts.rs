//! Integer counts of one class.

use super::Merge;
use crate::error::{Error, Result};

/// Exact voxel counts of one class: the confusion matrix of "is this class" against the rest.
///
/// | | meaning |
/// |---|---|
/// | `tp` | voxels that are this class in both maps |
/// | `n_pred`, `n_truth` | voxels that are this class in the prediction, in the reference |
/// | `n` | voxels looked at |
/// | `out_of_range_pred`, `out_of_range_truth` | voxels whose label is neither listed, nor 0, nor ignored: what the class list does not cover |
///
/// ```
/// use voxdice::stats::{Counts, Merge};
/// let mut a = Counts::new(40, 50, 60, 1000)?;
/// assert_eq!((a.fp(), a.fn_(), a.tn()), (10, 20, 930));
/// a.merge(&Counts::new(2, 2, 2, 10)?)?;
/// assert_eq!(a.n(), 1010);
/// # Ok::<(), voxdice::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Counts {
    tp: u64,
    n_pred: u64,
    n_truth: u64,
    n: u64,
    out_of_range_pred: u64,
    out_of_range_truth: u64,
}

impl Counts {
    /// Counts from their integers.
    ///
    /// # Errors
    /// [`Error::ImpossibleCounts`] unless `tp ≤ n_pred, n_truth` and `n_pred + n_truth - tp ≤ n`.
    pub fn new(tp: u64, n_pred: u64, n_truth: u64, n: u64) -> Result<Self> {
        let union = n_pred.checked_sub(tp).and_then(|fp| fp.checked_add(n_truth));
        match union {
            Some(union) if tp <= n_truth && union <= n => Ok(Self { tp, n_pred, n_truth, n, ..Self::default() }),
            _ => Err(Error::ImpossibleCounts { tp, n_pred, n_truth, n }),
        }
    }

    /// The same counts, with the voxels that the class list does not cover.
    #[must_use]
    pub fn with_out_of_range(mut self, pred: u64, truth: u64) -> Self {
        self.out_of_range_pred = pred;
        self.out_of_range_truth = truth;
        self
    }

    /// True positives.
    pub fn tp(&self) -> u64 {
        self.tp
    }

    /// Voxels of this class in the prediction.
    pub fn n_pred(&self) -> u64 {
        self.n_pred
    }

    /// Voxels of this class in the reference.
    pub fn n_truth(&self) -> u64 {
        self.n_truth
    }

    /// Voxels looked at.
    pub fn n(&self) -> u64 {
        self.n
    }

    /// False positives, `n_pred - tp`.
    pub fn fp(&self) -> u64 {
        self.n_pred - self.tp
    }

    /// False negatives, `n_truth - tp`.
    pub fn fn_(&self) -> u64 {
        self.n_truth - self.tp
    }

    /// True negatives, `n - n_pred - n_truth + tp`.
    pub fn tn(&self) -> u64 {
        self.n - self.fp() - self.n_truth
    }

    /// Voxels of the prediction whose label is neither listed, nor 0, nor ignored.
    pub fn out_of_range_pred(&self) -> u64 {
        self.out_of_range_pred
    }

    /// Voxels of the reference whose label is neither listed, nor 0, nor ignored.
    pub fn out_of_range_truth(&self) -> u64 {
        self.out_of_range_truth
    }
}

impl Merge for Counts {
    fn merge(&mut self, other: &Self) -> Result<()> {
        let sum = |a: u64, b: u64| a.checked_add(b).ok_or(Error::CountOverflow);
        // n bounds every other count, but the sums of out-of-range voxels are checked like the rest.
        *self = Self {
            n: sum(self.n, other.n)?,
            tp: sum(self.tp, other.tp)?,
            n_pred: sum(self.n_pred, other.n_pred)?,
            n_truth: sum(self.n_truth, other.n_truth)?,
            out_of_range_pred: sum(self.out_of_range_pred, other.out_of_range_pred)?,
            out_of_range_truth: sum(self.out_of_range_truth, other.out_of_range_truth)?,
        };
        Ok(())
    }
}
