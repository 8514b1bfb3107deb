//! Which labels are counted, and the table that finds a label's class.

use crate::error::{Error, Result};

/// The labels to count, in the order of the result's columns.
///
/// ```
/// use voxdice::Classes;
/// let classes = Classes::new(1..=4)?;
/// assert_eq!(classes.labels(), [1, 2, 3, 4]);
/// assert!(Classes::new([3, 3]).is_err());
/// # Ok::<(), voxdice::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Classes {
    labels: Vec<u32>,
    index: ClassIndex,
}

impl Classes {
    /// One class per label.
    ///
    /// # Errors
    /// [`Error::NoClasses`] for an empty list, [`Error::DuplicateLabel`] for a label that is listed twice.
    pub fn new(labels: impl IntoIterator<Item = u32>) -> Result<Self> {
        let labels: Vec<u32> = labels.into_iter().collect();
        if labels.is_empty() {
            return Err(Error::NoClasses);
        }
        let mut sorted: Vec<(u32, u32)> = labels.iter().copied().zip(0..).collect();
        sorted.sort_unstable();
        if let Some(pair) = sorted.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(Error::DuplicateLabel { label: pair[0].0 });
        }
        Ok(Self { index: ClassIndex::new(sorted), labels })
    }

    /// The labels, in the order of the result's columns.
    pub fn labels(&self) -> &[u32] {
        &self.labels
    }

    /// Number of classes.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Always false: a list of classes is never empty.
    pub fn is_empty(&self) -> bool {
        false
    }

    pub(crate) fn index(&self) -> &ClassIndex {
        &self.index
    }
}

/// Label 0 where it is not listed: the background, in no class and not out of range.
pub(crate) const BACKGROUND: u32 = 0xffff_fffe;
/// Any other label that is not listed.
pub(crate) const UNLISTED: u32 = 0xffff_ffff;

/// From label to class. Shared by both backends: the GPU binds the very words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ClassIndex {
    /// Class by label.
    Table(Vec<u32>),
    /// Pairs (label, class), sorted by label.
    Sorted(Vec<(u32, u32)>),
}

impl ClassIndex {
    /// Labels up to here use a table (4 MiB at most); larger ones are searched for.
    const MAX_TABLE: u32 = 1 << 20;

    fn new(sorted: Vec<(u32, u32)>) -> Self {
        match sorted.last() {
            Some(&(largest, _)) if largest < Self::MAX_TABLE => {
                let mut table = vec![UNLISTED; largest as usize + 1];
                table[0] = BACKGROUND;
                for (label, class) in sorted {
                    table[label as usize] = class;
                }
                Self::Table(table)
            }
            _ => Self::Sorted(sorted),
        }
    }

    /// The class of a label, [`BACKGROUND`] or [`UNLISTED`].
    #[inline]
    pub fn class_of(&self, label: u32) -> u32 {
        let class = match self {
            Self::Table(table) => table.get(label as usize).copied(),
            Self::Sorted(pairs) => pairs.binary_search_by_key(&label, |pair| pair.0).ok().map(|i| pairs[i].1),
        };
        class.unwrap_or(if label == 0 { BACKGROUND } else { UNLISTED })
    }
}
