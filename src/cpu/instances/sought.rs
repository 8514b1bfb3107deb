//! Which classes a label belongs to.

use crate::classes::{BACKGROUND, Classes, IGNORED};

/// Classes by label.
pub(super) trait Sought {
    /// Whether voxels of label 0 matter.
    fn reads_zero(&self) -> bool;

    /// `f` of each class that has this label. Whether the truth leaves its voxels out.
    fn each(&mut self, label: u32, f: impl FnMut(usize)) -> bool;
}

/// Classes of a list.
pub(super) struct Listed<'a> {
    classes: &'a Classes,
    zero: bool,
}

impl<'a> Listed<'a> {
    pub fn of(classes: &'a Classes) -> Self {
        Self { classes, zero: classes.index().class_of(0) != BACKGROUND }
    }
}

impl Sought for Listed<'_> {
    fn reads_zero(&self) -> bool {
        self.zero
    }

    #[inline]
    fn each(&mut self, label: u32, mut f: impl FnMut(usize)) -> bool {
        let class = self.classes.index().class_of(label);
        match self.classes.overlaps() {
            None if (class as usize) < self.classes.len() => f(class as usize),
            None => {}
            Some(overlaps) => overlaps.classes_of(class).iter().for_each(|&class| f(class as usize)),
        }
        class == IGNORED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_0_matters_where_a_class_has_it_or_the_truth_leaves_it_out() {
        let classes = |sets: &[&[u32]]| Classes::regions(sets.iter().map(|set| set.to_vec())).unwrap();
        assert!(!Listed::of(&classes(&[&[1, 2], &[2]])).reads_zero());
        assert!(Listed::of(&classes(&[&[0, 2], &[2]])).reads_zero());
        assert!(Listed::of(&classes(&[&[1]]).ignoring(0).unwrap()).reads_zero());
        assert!(Listed::of(&classes(&[&[u32::MAX]]).ignoring(0).unwrap()).reads_zero());
    }
}
