//! Speed of comparing models, with the resampling that all their scores share. Values are asserted before they are
//! timed.
//!
//! `cargo bench --bench compare` runs it.

#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{Criterion, SamplingMode};
use std::time::Duration;
use voxdice::metric::Bootstrap;
use voxdice::metric::compare::{Better, CompareOptions, Compared, ScoreTable, compare};

/// Scores as they are: most near 0.9, some failures, and models that differ a little.
fn tables(models: usize, cases: usize, classes: usize) -> Vec<ScoreTable> {
    let mut state = 1u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / 2f64.powi(53)
    };
    let of_class = |class: usize| {
        let hardness: Vec<f64> = (0..cases).map(|_| random().powi(3)).collect();
        let mut score = |model: usize, hardness: f64| 0.95 - 0.3 * hardness - 0.05 * random() - 0.001 * model as f64;
        let scores =
            (0..models).map(|model| hardness.iter().map(|&hardness| score(model, hardness)).collect()).collect();
        ScoreTable { metric: "dice".into(), class: class.to_string(), is_mean: false, better: Better::Higher, scores }
    };
    (1..=classes).map(of_class).collect()
}

/// Means in plain floats, and intervals of the differences by themselves.
fn check(tables: &[ScoreTable], found: &[Compared]) {
    assert_eq!(found.len(), tables.len());
    for (table, found) in tables.iter().zip(found).step_by(7) {
        let pair = found.pairs.last().unwrap();
        let differences: Vec<f64> =
            table.scores[pair.a].iter().zip(&table.scores[pair.b]).map(|(a, b)| a - b).collect();
        let mean = differences.iter().sum::<f64>() / differences.len() as f64;
        let expected = Bootstrap::default().interval(&differences).unwrap();
        let own = pair.interval.unwrap();
        assert!((pair.mean - mean).abs() < 1e-12);
        assert!((own.low - expected.low).abs() < 1e-12 && (own.high - expected.high).abs() < 1e-12);
        let first: f64 =
            found.ranking.as_ref().unwrap().stability.as_ref().unwrap().models.iter().map(|m| m.first).sum();
        assert!((first - 1.0).abs() < 1e-9);
    }
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("compare");
    group.sampling_mode(SamplingMode::Flat).sample_size(10);
    group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(5));
    let options = CompareOptions::default();
    for (name, models, cases, classes) in
        [("10_models/1000_cases/20_classes", 10, 1000, 20), ("2_models/50_cases/5_classes", 2, 50, 5)]
    {
        let tables = tables(models, cases, classes);
        let run = || compare(&tables, None, &options).unwrap();
        check(&tables, &run());
        group.bench_function(name, |bencher| bencher.iter(run));
    }
    group.finish();
    criterion.final_summary();
}
