//! Disjoint sets of numbers: union-find, in which a set is called by its smallest number.

/// Numbers from 0 on, each in one set.
#[derive(Debug, Clone, Default)]
pub(super) struct Sets(Vec<u32>);

impl Sets {
    /// So many sets of one number each.
    pub fn of(n: u32) -> Self {
        Self((0..n).collect())
    }

    /// A number more, in a set of its own.
    pub fn add(&mut self) -> u32 {
        let id = self.0.len() as u32;
        self.0.push(id);
        id
    }

    /// How many numbers there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// How many sets there are.
    pub fn count(&self) -> usize {
        self.0.iter().zip(0..).filter(|&(&above, id)| above == id).count()
    }

    /// The smallest number of the set of this one.
    pub fn root(&mut self, mut id: u32) -> u32 {
        loop {
            let above = self.0[id as usize];
            if above == id {
                return id;
            }
            let next = self.0[above as usize];
            self.0[id as usize] = next;
            id = next;
        }
    }

    /// Makes one set of two; its smallest number.
    pub fn join(&mut self, a: u32, b: u32) -> u32 {
        let (a, b) = (self.root(a), self.root(b));
        let (low, high) = (a.min(b), a.max(b));
        self.0[high as usize] = low;
        low
    }

    /// Takes others, whose numbers come behind.
    pub fn append(&mut self, others: &Self) {
        let before = self.0.len() as u32;
        self.0.extend(others.0.iter().map(|id| id + before));
    }
}
