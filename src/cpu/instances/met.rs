//! A class for each label, made when the label is met.

use super::sought::Sought;
use crate::classes::{BACKGROUND, IGNORED};
use std::collections::HashMap;

/// Labels below this have their class in a table.
const DENSE: u32 = 1 << 16;

/// A class for each label but 0, in the order in which they are met.
#[derive(Debug, Clone)]
pub(super) struct Met {
    /// By label, as long as was needed. Labels without a class are [`BACKGROUND`].
    dense: Vec<u32>,
    sparse: HashMap<u32, u32>,
    /// By class.
    labels: Vec<u32>,
    zero: bool,
}

impl Met {
    /// No label met. Those of `ignored` make no class, and their voxels of the truth are left out.
    pub fn new(ignored: impl IntoIterator<Item = u32>) -> Self {
        let mut met = Self { dense: vec![BACKGROUND], sparse: HashMap::new(), labels: Vec::new(), zero: false };
        for label in ignored {
            met.zero |= label == 0;
            met.set(label, IGNORED);
        }
        met
    }

    /// The label of each class.
    pub fn labels(&self) -> &[u32] {
        &self.labels
    }

    fn set(&mut self, label: u32, class: u32) {
        if label >= DENSE {
            self.sparse.insert(label, class);
            return;
        }
        let place = label as usize;
        if place >= self.dense.len() {
            self.dense.resize(place + 1, BACKGROUND);
        }
        self.dense[place] = class;
    }

    #[inline]
    fn class_of(&mut self, label: u32) -> u32 {
        let known = if label < DENSE { self.dense.get(label as usize) } else { self.sparse.get(&label) };
        match known {
            Some(&class) if class != BACKGROUND || label == 0 => class,
            _ => {
                let class = self.labels.len() as u32;
                self.labels.push(label);
                self.set(label, class);
                class
            }
        }
    }
}

impl Sought for Met {
    fn reads_zero(&self) -> bool {
        self.zero
    }

    #[inline]
    fn each(&mut self, label: u32, mut f: impl FnMut(usize)) -> bool {
        let class = self.class_of(label);
        if class < BACKGROUND.min(IGNORED) {
            f(class as usize);
        }
        class == IGNORED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_get_classes_in_the_order_in_which_they_are_met() {
        let mut met = Met::new([9, 1 << 20]);
        let mut found = Vec::new();
        let read = [7, 0, 1 << 17, 9, 7, 3, 1 << 20, 1 << 17];
        let ignored = read.map(|label| met.each(label, |class| found.push((label, class))));
        assert_eq!(found, [(7, 0), (1 << 17, 1), (7, 0), (3, 2), (1 << 17, 1)]);
        assert_eq!(ignored, [false, false, false, true, false, false, true, false]);
        assert_eq!((met.labels(), met.reads_zero()), (&[7, 1 << 17, 3][..], false));
        assert!(Met::new([0]).reads_zero() && Met::new([0]).each(0, |_| panic!("0 is no class")));
    }
}
