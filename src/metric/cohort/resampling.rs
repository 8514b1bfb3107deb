//! Cases drawn with replacement, and the means of what was drawn. Scores are whole numbers of a small unit here, so
//! that neither threads nor vectors nor the order of the cases can change a bit of a sum.

use crate::threads::for_each;

/// Columns that are summed at once: few enough for the registers.
pub(in crate::metric) const LANES: usize = 16;

/// Resamples that a thread takes at a time. Their draws serve all columns, and must not push the scores out of the cache.
const BATCH: usize = 16;

/// FNV-1a of `compare`. It keeps this use of a seed apart from others, and is the same for the scores of one model and
/// for the differences between two.
const STREAM: u64 = 0x56d1_2ea0_8627_4034;

/// The draws of one seed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Resampling {
    /// State of the generator before the first draw.
    start: u64,
    cases: usize,
    resamples: usize,
}

impl Resampling {
    pub fn new(seed: u64, cases: usize, resamples: usize) -> Self {
        Self::of_stream(seed, STREAM, cases, resamples)
    }

    fn of_stream(seed: u64, stream: u64, cases: usize, resamples: usize) -> Self {
        Self { start: seed ^ SplitMix64(stream).next(), cases, resamples }
    }

    /// Of cases that are drawn one by one.
    #[cfg(test)]
    pub fn means(&self, columns: &[&[f64]]) -> Vec<f64> {
        let cases: Vec<usize> = (0..self.cases).collect();
        self.means_of_groups(columns, &cases)
    }

    /// The mean of each column in each resample, resample by resample; NaN where a resample holds no value of it. A column
    /// has a value for every case; values that are not finite are left out. Groups are drawn with all their cases:
    /// `groups` holds the place of each case's group, below the number that is drawn from.
    pub fn means_of_groups(&self, columns: &[&[f64]], groups: &[usize]) -> Vec<f64> {
        let mut sizes = vec![0; self.cases];
        groups.iter().for_each(|&group| sizes[group] += 1);
        let most = self.cases * sizes.iter().copied().max().unwrap_or(1);
        let lanes = |columns: &[&[f64]]| Lanes::of(columns, groups, self.cases, most);
        let all: Vec<Lanes> = columns.chunks(LANES).map(lanes).collect();
        let mut means = vec![f64::NAN; self.resamples * columns.len()];
        for_each_batch(&mut means, BATCH * columns.len().max(1), |batch, means| {
            // What is drawn once is added up for all columns.
            let mut drawn = vec![0; BATCH * self.cases];
            for (place, drawn) in drawn.chunks_mut(self.cases.max(1)).enumerate() {
                self.draw(batch * BATCH + place, drawn);
            }
            for (place, lanes) in all.iter().enumerate() {
                for (drawn, means) in drawn.chunks(self.cases.max(1)).zip(means.chunks_mut(columns.len())) {
                    lanes.means(drawn, &mut means[place * LANES..]);
                }
            }
        });
        means
    }

    /// The cases of a resample. Every resample takes as many numbers of the generator as there are cases, and the
    /// generator is a counter: so it starts anywhere.
    fn draw(&self, resample: usize, drawn: &mut [u32]) {
        let passed = (resample as u64).wrapping_mul(self.cases as u64);
        let mut random = SplitMix64(self.start.wrapping_add(SplitMix64::STEP.wrapping_mul(passed)));
        drawn.fill_with(|| random.below(self.cases) as u32);
    }
}

/// A number for each column, on the boundary that vector loads like.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Row([i64; LANES]);

/// Up to [`LANES`] columns as whole numbers of a unit.
struct Lanes {
    columns: usize,
    units: [f64; LANES],
    /// The sums of each group's scores.
    values: Vec<Row>,
    /// How many scores each group has; None where each has one, as most scores are defined in all cases, and counting
    /// them again is half of the work.
    defined: Option<Vec<Row>>,
    drawn: f64,
}

impl Lanes {
    fn of(columns: &[&[f64]], groups: &[usize], drawn: usize, most: usize) -> Self {
        let units: [f64; LANES] =
            std::array::from_fn(|lane| columns.get(lane).map_or(1.0, |column| unit(column, most)));
        let rows = |of: &dyn Fn(f64, f64) -> i64| -> Vec<Row> {
            let mut rows = vec![Row([0; LANES]); drawn];
            for (lane, column) in columns.iter().enumerate() {
                for (&value, &group) in column.iter().zip(groups) {
                    rows[group].0[lane] += of(value, units[lane]);
                }
            }
            rows
        };
        let values = rows(&|value, unit| if value.is_finite() { (value / unit).round_ties_even() as i64 } else { 0 });
        let defined = rows(&|value, _| i64::from(value.is_finite()));
        let all = defined.iter().all(|row| row.0[..columns.len()].iter().all(|&one| one == 1));
        let defined = (!all).then_some(defined);
        Self { columns: columns.len(), units, values, defined, drawn: drawn as f64 }
    }

    /// The means of what was drawn.
    fn means(&self, drawn: &[u32], means: &mut [f64]) {
        let Row(sums) = sums(&self.values, drawn);
        let counts = self.defined.as_ref().map(|defined| self::sums(defined, drawn));
        for (lane, mean) in means.iter_mut().enumerate().take(self.columns) {
            let count = counts.map_or(self.drawn, |Row(counts)| counts[lane] as f64);
            *mean = sums[lane] as f64 * self.units[lane] / count;
        }
    }
}

/// The power of two of which scores are multiples: so large that the sum of any draw stays within 63 bits, which leaves
/// a score 62 bits less the logarithm of the number of cases: 52 for 1000 cases, as many as an f64 has.
fn unit(column: &[f64], cases: usize) -> f64 {
    let largest = column.iter().filter(|value| value.is_finite()).fold(0.0, |most: f64, value| most.max(value.abs()));
    // The largest value is below 2^exponent. For tiny values the unit must not underflow.
    let exponent = ((largest.to_bits() >> 52) as i32 - 1022).max(-900);
    let bits = 62 - cases.next_power_of_two().ilog2() as i32;
    2f64.powi(exponent - bits)
}

/// The sum of the rows that were drawn. It stands alone because compilers find the vectors in it then, which takes a third
/// of the time.
#[inline(never)]
fn sums(rows: &[Row], drawn: &[u32]) -> Row {
    let mut sums = Row([0; LANES]);
    for &case in drawn {
        for (sum, value) in sums.0.iter_mut().zip(&rows[case as usize].0) {
            *sum += value;
        }
    }
    sums
}

/// `f` of every batch of so many numbers, with its place; on threads where there are any.
fn for_each_batch(all: &mut [f64], size: usize, f: impl Fn(usize, &mut [f64]) + Send + Sync) {
    let batches = all.chunks_mut(size).enumerate().collect();
    for_each(batches, || (), |(), (batch, part)| f(batch, part));
}

/// SplitMix64 (Steele, Lea & Flood 2014), written out here because general-purpose crates do not promise the stream of
/// their default generator.
pub(in crate::metric) struct SplitMix64(pub u64);

impl SplitMix64 {
    const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(Self::STEP);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// An index below `n`. The bias of the plain multiplication is n/2^64, far below what a resample can show.
    fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first numbers of the reference implementation (Vigna, splitmix64.c) for seed 1234567.
    #[test]
    fn the_generator_is_the_published_one() {
        let mut random = SplitMix64(1_234_567);
        let first: Vec<u64> = (0..3).map(|_| random.next()).collect();
        assert_eq!(first, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    /// Worked out by hand in another language.
    #[test]
    fn draws_and_means_are_those_of_an_example() {
        let resampling = Resampling::of_stream(7, 3, 3, 12);
        let mut drawn = [0; 3];
        let draws: Vec<[u32; 3]> = (0..12)
            .map(|resample| {
                resampling.draw(resample, &mut drawn);
                drawn
            })
            .collect();
        assert_eq!(draws[..6], [[2, 2, 1], [2, 1, 0], [0, 0, 2], [0, 2, 2], [1, 1, 1], [1, 0, 1]]);
        assert_eq!(draws[6..], [[0, 2, 0], [1, 0, 2], [2, 0, 0], [1, 1, 0], [2, 0, 1], [2, 1, 2]]);
        // 0.5, 0.25, 1.0 less 0.25, 0.5, 0.75.
        let means = resampling.means(&[&[0.25, -0.25, 0.25]]);
        let expected = [1.0, 1.0, 3.0, 3.0, -3.0, -1.0, 3.0, 1.0, 3.0, -1.0, 1.0, 1.0].map(|twelfths| twelfths / 12.0);
        assert_eq!(means.len(), expected.len());
        for (mean, expected) in means.iter().zip(expected) {
            assert!((mean - expected).abs() < 1e-15);
        }
    }

    /// The worked example of tests/golden/compare_cases.json.
    #[test]
    fn draws_are_those_of_the_golden_example() {
        let resampling = Resampling::of_stream(0, 0, 5, 8);
        let (a, b) = ([0.9, 0.8, 0.7, 0.85, 0.6], [0.88, 0.82, 0.65, 0.85, 0.5]);
        let mut drawn = [0; 5];
        resampling.draw(1, &mut drawn);
        assert_eq!(drawn, [0, 3, 1, 1, 2]);
        let expected = [-0.004, 0.006, 0.038, 0.02, 0.04, 0.006, 0.018, 0.044];
        for (means, expected) in resampling.means(&[&a, &b]).chunks(2).zip(expected) {
            assert!((means[0] - means[1] - expected).abs() < 1e-12, "{means:?} {expected}");
        }
    }

    /// A group comes with all its cases, and groups of one case each are the same as cases.
    #[test]
    fn groups_come_whole() {
        let column = [0.5, f64::NAN, 0.25, 1.0, 0.75];
        let resampling = Resampling::new(2, 2, 200);
        for means in resampling.means_of_groups(&[&column], &[0, 1, 0, 1, 1]) {
            let of_group = [0.375, 0.875, (0.75 + 1.75) / 4.0];
            assert!(of_group.contains(&means), "{means}");
        }
    }

    /// By the same draws, in plain floats.
    #[test]
    fn means_are_those_of_the_defined_cases_that_were_drawn() {
        let mut random = SplitMix64(9);
        for cases in [1, 2, 7, 100] {
            let columns: Vec<Vec<f64>> = [1e-9, 1.0, 300.0, 1e12]
                .iter()
                .map(|size| {
                    let mut value = || size * (random.next() as f64 / 2f64.powi(63) - 1.0);
                    (0..cases).map(|case| if case % 5 == 4 { f64::NAN } else { value() }).collect()
                })
                .collect();
            let resampling = Resampling::new(3, cases, 130);
            let means = resampling.means(&columns.iter().map(Vec::as_slice).collect::<Vec<_>>());
            let mut drawn = vec![0; cases];
            for (resample, means) in means.chunks(columns.len()).enumerate() {
                resampling.draw(resample, &mut drawn);
                for (column, mean) in columns.iter().zip(means) {
                    let values: Vec<f64> =
                        drawn.iter().map(|&case| column[case as usize]).filter(|value| !value.is_nan()).collect();
                    let expected = values.iter().sum::<f64>() / values.len() as f64;
                    let size = column.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
                    assert!(
                        (mean - expected).abs() <= 1e-14 * size || (mean.is_nan() && expected.is_nan()),
                        "{mean} {expected}"
                    );
                }
            }
        }
    }

    #[test]
    fn what_is_no_number_is_left_out_and_nothing_overflows() {
        let resampling = Resampling::new(0, 4, 100);
        let columns: [&[f64]; 4] =
            [&[f64::INFINITY, 1.0, 1.0, 1.0], &[f64::MAX; 4], &[5e-324, 0.0, 0.0, 0.0], &[0.0; 4]];
        for means in resampling.means(&columns).chunks(4) {
            assert!(means[0] == 1.0 || means[0].is_nan());
            assert!(means[1] > 1e308 && means[2].abs() < 1e-300 && means[3] == 0.0, "{means:?}");
        }
        assert!(Resampling::new(0, 0, 3).means(&[&[]]).iter().all(|mean| mean.is_nan()));
        assert!(Resampling::new(0, 4, 3).means(&[]).is_empty());
    }
}
