//! One value per cell.

use crate::error::{Error, Result};
use crate::stats::Merge;

/// One `T` per cell, indexed by sample and channel (for label maps: by sample and class).
///
/// ```
/// use voxdice::{Engine, EngineOptions, Over, Pair, Shape, Volume};
/// let engine = Engine::new(&EngineOptions::default())?;
/// let shape = Shape::new(1, 2, [4])?;
/// let p = [1.0f32, 1.0, 0.0, 0.0, 0.5, 0.5, 0.5, 0.5];
/// let sums = engine.sums(Pair { pred: Volume::f32(shape.clone(), &p)?, truth: Volume::f32(shape, &p)? })?;
/// assert_eq!(sums.map(|s| s.pred()).into_values(), [2.0, 2.0]);
/// assert_eq!(sums.pool(Over::Channels)?.get(0, 0).map(|s| s.pred()), Some(4.0));
/// # Ok::<(), voxdice::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table<T> {
    samples: usize,
    channels: usize,
    values: Vec<T>,
}

/// Which axis [`Table::pool`] merges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Over {
    /// All channels of a sample become one.
    Channels,
    /// All samples of a channel become one.
    Samples,
    /// Everything becomes one.
    All,
}

impl<T> Table<T> {
    /// A table of values that were computed elsewhere, in the order sample, channel: to pool counts, or to evaluate a loss.
    ///
    /// ```
    /// use voxdice::{Over, Table, stats::Counts};
    /// let cases = vec![Counts::new(1, 2, 3, 10)?, Counts::new(4, 4, 4, 20)?];
    /// assert_eq!(Table::from_cells(2, 1, cases)?.pool(Over::All)?.values(), [Counts::new(5, 6, 7, 30)?]);
    /// # Ok::<(), voxdice::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::TableLength`] unless there are `samples · channels` of them, and at least one.
    pub fn from_cells(samples: usize, channels: usize, cells: Vec<T>) -> Result<Self> {
        if samples.checked_mul(channels) != Some(cells.len()) || cells.is_empty() {
            return Err(Error::TableLength { samples, channels, found: cells.len() });
        }
        Ok(Self::new(samples, channels, cells))
    }

    /// `values` in the order sample, channel; as many as `samples · channels`.
    pub(crate) fn new(samples: usize, channels: usize, values: Vec<T>) -> Self {
        debug_assert_eq!(values.len(), samples * channels);
        Self { samples, channels, values }
    }

    /// Number of samples.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// Number of channels, or of classes.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// The value of a cell, or `None` outside the table.
    pub fn get(&self, sample: usize, channel: usize) -> Option<&T> {
        if channel >= self.channels {
            return None;
        }
        self.values.get(sample.checked_mul(self.channels)?.checked_add(channel)?)
    }

    /// All values, sample by sample.
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// All values, sample by sample.
    pub fn into_values(self) -> Vec<T> {
        self.values
    }

    /// The values of one sample, channel by channel; `None` outside the table.
    pub fn sample(&self, sample: usize) -> Option<&[T]> {
        let start = sample.checked_mul(self.channels)?;
        self.values.get(start..start.checked_add(self.channels)?)
    }

    /// A table of `f` of every value.
    pub fn map<U>(&self, f: impl FnMut(&T) -> U) -> Table<U> {
        Table { samples: self.samples, channels: self.channels, values: self.values.iter().map(f).collect() }
    }
}

impl<T: Merge + Clone> Table<T> {
    /// Merges the cells along an axis. For sums and counts this is exact integer addition.
    ///
    /// # Errors
    /// Those of [`Merge::merge`].
    pub fn pool(&self, over: Over) -> Result<Table<T>> {
        let (samples, channels) = match over {
            Over::Channels => (self.samples, 1),
            Over::Samples => (1, self.channels),
            Over::All => (1, 1),
        };
        let mut pooled: Vec<Option<T>> = vec![None; samples * channels];
        for (i, value) in self.values.iter().enumerate() {
            let (sample, channel) = (i / self.channels, i % self.channels);
            let into = match over {
                Over::Channels => sample,
                Over::Samples => channel,
                Over::All => 0,
            };
            match &mut pooled[into] {
                Some(sum) => sum.merge(value)?,
                empty => *empty = Some(value.clone()),
            }
        }
        Ok(Table { samples, channels, values: pooled.into_iter().flatten().collect() })
    }
}

impl<T: Merge + Clone> Merge for Table<T> {
    /// Merges cell by cell: the statistics of further voxels of the same cells.
    fn merge(&mut self, other: &Self) -> Result<()> {
        if (self.samples, self.channels) != (other.samples, other.channels) {
            let size = |t: &Self| format!("{} x {}", t.samples, t.channels);
            return Err(Error::TableMismatch { left: size(self), right: size(other) });
        }
        // Merges into a copy first, so that an error leaves `self` unchanged.
        let mut merged = self.values.clone();
        for (a, b) in merged.iter_mut().zip(&other.values) {
            a.merge(b)?;
        }
        self.values = merged;
        Ok(())
    }
}
