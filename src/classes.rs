//! Which labels are counted, and the table that finds a label's classes.

use crate::error::{Error, Result};
use std::collections::BTreeMap;

/// The classes to count, in the order of the result's columns. A class is one label, or a region: a union of labels.
/// Regions may overlap; they are all counted in the same pass.
///
/// ```
/// use voxdice::Classes;
/// let labels = Classes::new(1..=4)?;
/// assert_eq!(labels.len(), 4);
/// // BraTS: whole tumour, tumour core, enhancing tumour. Voxels where the truth is 255 do not count at all.
/// let regions = Classes::regions([vec![1, 2, 3], vec![1, 3], vec![3]])?.ignoring(255)?;
/// assert_eq!(regions.sets()[1], [1, 3]);
/// assert!(Classes::new([3, 3]).is_err());
/// # Ok::<(), voxdice::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Classes {
    sets: Vec<Vec<u32>>,
    ignored: Vec<u32>,
    index: ClassIndex,
    overlaps: Option<Overlaps>,
}

impl Classes {
    /// One class per label.
    ///
    /// # Errors
    /// [`Error::NoClasses`] for an empty list, [`Error::DuplicateLabel`] for a label that is listed twice.
    pub fn new(labels: impl IntoIterator<Item = u32>) -> Result<Self> {
        let mut labels: Vec<u32> = labels.into_iter().collect();
        let sets = labels.iter().map(|&label| vec![label]).collect();
        labels.sort_unstable();
        match labels.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(Error::DuplicateLabel { label: pair[0] }),
            None => Self::of(sets, Vec::new()),
        }
    }

    /// One class per union of labels.
    ///
    /// # Errors
    /// [`Error::NoClasses`] for an empty list and for a region without labels, [`Error::DuplicateLabel`] for a label
    /// that one region lists twice.
    pub fn regions(regions: impl IntoIterator<Item = impl IntoIterator<Item = u32>>) -> Result<Self> {
        Self::of(regions.into_iter().map(|region| region.into_iter().collect()).collect(), Vec::new())
    }

    /// The same classes, where voxels whose *truth* is `label` are left out of every count: a spatial mask.
    ///
    /// # Errors
    /// [`Error::IgnoredClass`] when a class holds the label.
    pub fn ignoring(self, label: u32) -> Result<Self> {
        self.ignoring_all([label])
    }

    /// The same classes, where voxels whose *truth* is any of these labels are left out of every count.
    ///
    /// # Errors
    /// [`Error::IgnoredClass`] when a class holds one of the labels.
    pub fn ignoring_all(self, labels: impl IntoIterator<Item = u32>) -> Result<Self> {
        let mut labels: Vec<u32> = labels.into_iter().collect();
        labels.sort_unstable();
        labels.dedup();
        Self::of(self.sets, labels)
    }

    fn of(sets: Vec<Vec<u32>>, ignored: Vec<u32>) -> Result<Self> {
        if sets.is_empty() || sets.iter().any(Vec::is_empty) {
            return Err(Error::NoClasses);
        }
        let mut classes_of: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for (class, set) in (0..).zip(&sets) {
            for &label in set {
                let classes = classes_of.entry(label).or_default();
                if classes.last() == Some(&class) {
                    return Err(Error::DuplicateLabel { label });
                }
                classes.push(class);
            }
        }
        if let Some(&label) = ignored.iter().find(|label| classes_of.contains_key(label)) {
            return Err(Error::IgnoredClass { label });
        }
        // Labels of the same classes share a group; without overlaps the group is the class.
        let (overlaps, group_of) = Overlaps::of(&classes_of);
        let sorted = group_of.into_iter().chain(ignored.iter().map(|&label| (label, IGNORED)));
        let sorted: BTreeMap<u32, u32> = sorted.collect();
        let index = ClassIndex::new(sorted.into_iter().collect());
        Ok(Self { sets, ignored, index, overlaps })
    }

    /// The labels of each class, in the order of the result's columns.
    pub fn sets(&self) -> &[Vec<u32>] {
        &self.sets
    }

    /// The labels that mask voxels out where the truth has them, sorted.
    pub fn ignored(&self) -> &[u32] {
        &self.ignored
    }

    /// Number of classes.
    pub fn len(&self) -> usize {
        self.sets.len()
    }

    /// Always false: a list of classes is never empty.
    pub fn is_empty(&self) -> bool {
        false
    }

    pub(crate) fn index(&self) -> &ClassIndex {
        &self.index
    }

    pub(crate) fn overlaps(&self) -> Option<&Overlaps> {
        self.overlaps.as_ref()
    }

    /// The labels, where each class is one of them and nothing is ignored.
    #[cfg_attr(not(feature = "gpu"), allow(dead_code))]
    pub(crate) fn plain(&self) -> Option<Vec<u32>> {
        let labels = self.sets.iter().map(|set| if let [label] = set[..] { Some(label) } else { None });
        if self.ignored.is_empty() && self.overlaps.is_none() { labels.collect() } else { None }
    }
}

/// Where the truth has an ignored label.
pub(crate) const IGNORED: u32 = 0xffff_fffd;
/// Label 0 where it is not listed: the background, in no class and not out of range.
pub(crate) const BACKGROUND: u32 = 0xffff_fffe;
/// Any other label that is not listed.
pub(crate) const UNLISTED: u32 = 0xffff_ffff;

/// From label to class, or to group where classes overlap. Shared by both backends: the GPU binds the very words.
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

    /// The class of a label, [`BACKGROUND`], [`IGNORED`] or [`UNLISTED`].
    #[inline]
    pub fn class_of(&self, label: u32) -> u32 {
        let class = match self {
            Self::Table(table) => table.get(label as usize).copied(),
            Self::Sorted(pairs) => pairs.binary_search_by_key(&label, |pair| pair.0).ok().map(|i| pairs[i].1),
        };
        class.unwrap_or(if label == 0 { BACKGROUND } else { UNLISTED })
    }
}

/// The classes of each group of labels, where a label is in several classes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Overlaps {
    /// For each group where its classes begin, and at last where they end; then the classes, sorted in each group.
    words: Vec<u32>,
    groups: usize,
}

impl Overlaps {
    /// None where every label is in one class. With it the group of each label.
    fn of(classes_of: &BTreeMap<u32, Vec<u32>>) -> (Option<Self>, Vec<(u32, u32)>) {
        if classes_of.values().all(|classes| classes.len() == 1) {
            return (None, classes_of.iter().map(|(&label, classes)| (label, classes[0])).collect());
        }
        let mut groups: BTreeMap<&[u32], u32> = classes_of.values().map(|classes| (&classes[..], 0)).collect();
        groups.values_mut().zip(0..).for_each(|(group, number)| *group = number);
        let mut words = Vec::new();
        let mut end = 0;
        for classes in groups.keys() {
            words.push(end);
            end += classes.len() as u32;
        }
        words.push(end);
        words.extend(groups.keys().flat_map(|classes| classes.iter()));
        let group_of = classes_of.iter().map(|(&label, classes)| (label, groups[&classes[..]])).collect();
        (Some(Self { words, groups: groups.len() }), group_of)
    }

    /// The classes of a group, sorted; none for a number that is not a group.
    #[inline]
    pub fn classes_of(&self, group: u32) -> &[u32] {
        let group = group as usize;
        if group >= self.groups {
            return &[];
        }
        let classes = &self.words[self.groups + 1..];
        &classes[self.words[group] as usize..self.words[group + 1] as usize]
    }

    /// As a kernel binds them, behind the class table.
    #[cfg_attr(not(feature = "gpu"), allow(dead_code))]
    pub fn words(&self) -> &[u32] {
        &self.words
    }

    /// How many groups there are.
    #[cfg_attr(not(feature = "gpu"), allow(dead_code))]
    pub fn groups(&self) -> usize {
        self.groups
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_that_do_not_overlap_need_no_groups() {
        let classes = Classes::regions([vec![5, 1], vec![2]]).unwrap();
        assert_eq!(classes.overlaps(), None);
        assert_eq!([0, 1, 2, 3, 5, 9].map(|l| classes.index().class_of(l)), [BACKGROUND, 0, 1, UNLISTED, 0, UNLISTED]);
        assert_eq!(classes.plain(), None);
        assert_eq!(Classes::new([7, 3]).unwrap().plain(), Some(vec![7, 3]));
    }

    #[test]
    fn labels_of_the_same_classes_share_a_group() {
        let classes = Classes::regions([vec![1, 2, 3, 4], vec![1, 3], vec![3]]).unwrap();
        let of = |label| classes.overlaps().unwrap().classes_of(classes.index().class_of(label));
        assert_eq!([1, 2, 3, 4].map(of), [&[0, 1][..], &[0], &[0, 1, 2], &[0]]);
        assert_eq!(classes.index().class_of(2), classes.index().class_of(4));
        assert!(of(0).is_empty() && of(5).is_empty());
    }

    #[test]
    fn what_cannot_be_counted_is_refused() {
        assert!(matches!(Classes::regions([vec![1, 2], vec![2, 2]]), Err(Error::DuplicateLabel { label: 2 })));
        assert!(matches!(Classes::regions([vec![1], vec![]]), Err(Error::NoClasses)));
        let regions = || Classes::regions([vec![1, 2], vec![2]]).unwrap();
        assert!(matches!(regions().ignoring(2), Err(Error::IgnoredClass { label: 2 })));
        assert_eq!(regions().ignoring(0).unwrap().index().class_of(0), IGNORED);
        let several = regions().ignoring_all([u32::MAX, 7, 7]).unwrap();
        assert_eq!(several.ignored(), [7, u32::MAX]);
        assert_eq!([7, u32::MAX, 8].map(|label| several.index().class_of(label)), [IGNORED, IGNORED, UNLISTED]);
        assert!(matches!(regions().ignoring_all([7, 1]), Err(Error::IgnoredClass { label: 1 })));
    }
}
