//! p values of several tests at once.

use crate::error::named;

/// How p values are adjusted for the number of tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Adjust {
    /// Holm 1979: with the chosen certainty no finding is false, even if the tests depend on each other.
    #[default]
    Holm,
    /// Benjamini & Hochberg 1995: the share of false findings among the findings.
    BenjaminiHochberg,
    /// Each p times the number of tests.
    Bonferroni,
    /// As they are.
    None,
}

named!(Adjust, "the adjustment" {
    Holm = "holm",
    BenjaminiHochberg = "bh",
    Bonferroni = "bonferroni",
    None = "none",
});

/// Adjusted p values, in the order given. NaN does not count as a test: it stays NaN.
///
/// ```
/// use voxdice::metric::compare::{Adjust, adjusted};
/// let p = [0.01, 0.04, f64::NAN, 0.03];
/// let holm = adjusted(&p, Adjust::Holm);
/// assert_eq!((holm[0], holm[1], holm[3]), (0.03, 0.06, 0.06));
/// assert!(holm[2].is_nan());
/// ```
pub fn adjusted(p: &[f64], how: Adjust) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).filter(|&at| !p[at].is_nan()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    let tests = order.len() as f64;
    let mut found = vec![f64::NAN; p.len()];
    match how {
        Adjust::None => order.iter().for_each(|&at| found[at] = p[at]),
        Adjust::Bonferroni => order.iter().for_each(|&at| found[at] = (p[at] * tests).min(1.0)),
        Adjust::Holm => {
            let mut most: f64 = 0.0;
            for (place, &at) in order.iter().enumerate() {
                most = most.max((p[at] * (tests - place as f64)).min(1.0));
                found[at] = most;
            }
        }
        Adjust::BenjaminiHochberg => {
            let mut least: f64 = 1.0;
            for (place, &at) in order.iter().enumerate().rev() {
                least = least.min(p[at] * tests / (place as f64 + 1.0));
                found[at] = least;
            }
        }
    }
    found
}
