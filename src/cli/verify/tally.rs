//! The outcome of comparisons.

use crate::Table;
use crate::eval::compare::{InWords, first_difference};

/// What differs, and what it is in either.
type Unlike = Option<(String, [u64; 2])>;

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

    /// Adds one comparison for each cell of what the CPU and another one found.
    pub fn check_all<T>(&mut self, name: &str, [expected, found]: [&Table<T>; 2], difference: fn(&T, &T) -> Unlike) {
        for (a, b) in expected.values().iter().zip(found.values()) {
            let words = |(what, [a, b]): (String, [u64; 2])| format!("{what}: the CPU has {a}; this has {b}");
            self.check(name, difference(a, b).map(words));
        }
    }

    /// Adds one check, called `name`, that failed if there is something to say.
    pub fn check(&mut self, name: &str, failure: Option<String>) {
        self.checks += 1;
        if let Some(failure) = failure {
            self.first_failure.get_or_insert_with(|| format!("{name}: {failure}"));
        }
    }
}
