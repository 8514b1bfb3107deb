//! The determinism matrix: every statistic on everything that this machine can compute it with, one checksum per row.
//! `docs/determinism.md` has it; `VOXDICE_BLESS=1` writes it.

pub mod matrix;
pub mod rows;

use matrix::{COLUMNS, Column, KINDS, Matrix};
use rows::{Row, rows};
use std::collections::BTreeSet;
use voxdice::tuning::{Simd, Tuning};
use voxdice::{Backend, Engine, EngineOptions, NonFinite};

#[test]
fn every_device_gives_the_checksums_of_the_matrix() {
    let rows = rows();
    let (measured, missing) = measured(&rows);
    // What is neither measured nor said to be missing would look as if it had been checked.
    let named: BTreeSet<&str> = measured.0.keys().copied().chain(missing.iter().map(|(name, _)| *name)).collect();
    assert_eq!(named, BTreeSet::from(COLUMNS));
    measured.check_or_bless(&rows);
    for (column, reason) in missing {
        crate::skips::skipped(&format!("the column `{column}` of docs/determinism.md: {reason}"));
    }
}

/// The columns that this machine has; the others, and why not.
fn measured(rows: &[Row]) -> (Matrix, Vec<(&'static str, String)>) {
    let (mut matrix, mut missing) = (Matrix::default(), Vec::new());
    let mut note = |name: &'static str, column: Result<Column, String>| match column {
        Ok(column) => drop(matrix.0.insert(name, column)),
        Err(reason) => missing.push((name, reason)),
    };
    let best = cpu(Simd::Auto);
    let [of_x86, _, others] = KINDS.map(|kind| &COLUMNS[kind]);
    // Other processors have a column each, in the place of those of x86-64.
    let own = others.iter().find(|name| **name == std::env::consts::ARCH);
    for name in others {
        let is_own = Some(name) == own;
        note(name, if is_own { Ok(on(rows, &best)) } else { Err(format!("`.ci/processors {name}` has it")) });
    }
    if let Some(own) = own {
        of_x86.iter().for_each(|name| note(name, Err(format!("it is of x86-64, and this is {own}"))));
    } else {
        for (name, simd, set) in [
            (of_x86[0], Simd::Baseline, "baseline"),
            (of_x86[1], Simd::Avx2, "AVX2"),
            (of_x86[2], Simd::Auto, "AVX-512"),
        ] {
            let engine = cpu(simd);
            let is_there = engine.describe().device.contains(set);
            note(name, if is_there { Ok(on(rows, &engine)) } else { Err(format!("this processor has no {set}")) });
        }
        for (name, threads) in of_x86[3..].iter().zip([1, 2, 8]) {
            note(name, with_threads(threads, || on(rows, &best)));
        }
    }
    gpu::note_columns(rows, &mut note);
    (matrix, missing)
}

fn cpu(simd: Simd) -> Engine {
    let tuning = Tuning { simd, ..Tuning::default() };
    let options = EngineOptions { backend: Backend::Cpu, non_finite: NonFinite::Ignore, tuning, ..Default::default() };
    Engine::new(&options).unwrap()
}

/// All rows on an engine.
pub fn on(rows: &[Row], engine: &Engine) -> Column {
    Column::new(engine.describe().device, rows, |row| row.checksum(engine).unwrap())
}

#[cfg(feature = "parallel")]
fn with_threads<T: Send>(threads: usize, f: impl FnOnce() -> T + Send) -> Result<T, String> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().map_err(|error| error.to_string())?;
    Ok(pool.install(f))
}

#[cfg(not(feature = "parallel"))]
fn with_threads<T>(_: usize, _: impl FnOnce() -> T) -> Result<T, String> {
    Err("built without the feature `parallel`".into())
}

#[cfg(not(feature = "gpu"))]
mod gpu {
    use super::{COLUMNS, Column, KINDS, Row};

    pub fn note_columns(_: &[Row], note: &mut impl FnMut(&'static str, Result<Column, String>)) {
        COLUMNS[KINDS[1].clone()].iter().for_each(|name| note(name, Err("built without the feature `gpu`".into())));
    }
}

#[cfg(feature = "gpu")]
mod gpu {
    use super::{COLUMNS, Column, KINDS, Row, on, rows};
    use crate::engines::{ALL, Implementation};
    use voxdice::tuning::{Poison, Tuning};
    use voxdice::{AdapterChoice, Backend, Engine, EngineOptions, NonFinite};

    pub fn note_columns(rows: &[Row], note: &mut impl FnMut(&'static str, Result<Column, String>)) {
        let [native, pairs, second, gl, browser] = COLUMNS[KINDS[1].clone()] else { unreachable!() };
        std::thread::scope(|scope| {
            // Most of their time these two wait for another process.
            let others = scope.spawn(|| match wants_slow_columns() {
                true => (crate::second_driver::determinism(), crate::browser::determinism(rows)),
                false => [(); 2].map(|()| Err("VOXDICE_TEST_MATRIX=require has it".into())).into(),
            });
            // Engines of other tests, which have made many of the pipelines.
            for (name, is_pairs) in [(native, false), (pairs, true)] {
                let is_own =
                    |all: &&Implementation| all.name.contains("llvmpipe") && all.name.ends_with("pairs") == is_pairs;
                let found = ALL.iter().find(is_own).map(|found| on(rows, &found.engine));
                note(name, found.ok_or("no adapter of Mesa's lavapipe".into()));
            }
            let (of_second, of_browser) = others.join().unwrap();
            note(second, of_second);
            note(gl, Err("it has a test of its own, tests/gl".into()));
            note(browser, of_browser);
        });
    }

    /// Whether the drivers that take minutes to compile the shaders have their columns measured. Their bits are compared with
    /// those of the CPU in any case, for every kernel (`second_driver`, `browser`).
    fn wants_slow_columns() -> bool {
        std::env::var_os("VOXDICE_TEST_MATRIX").is_some_and(|value| value == "require") || crate::page::blesses()
    }

    /// What a child under the second driver prints: its device, then a checksum and the name of each row.
    #[test]
    #[ignore = "for the matrix, which runs it under the second driver"]
    fn worker() {
        let adapter = voxdice::adapters().into_iter().find(|adapter| adapter.name.contains("SwiftShader")).unwrap();
        let tuning = Tuning { window_bytes: 4 << 20, poison: Poison::On, ..Tuning::default() };
        let adapter = AdapterChoice::Index(adapter.index);
        let options = EngineOptions { backend: Backend::Gpu, adapter, non_finite: NonFinite::Ignore, tuning };
        let column = on(&rows(), &Engine::new(&options).unwrap());
        println!("device={}", column.device);
        column.checksums.iter().for_each(|(name, sum)| println!("row={sum:016x} {name}"));
    }
}

#[test]
fn a_wrong_checksum_and_a_hidden_column_are_seen() {
    let rows: Vec<Row> = rows().into_iter().filter(|row| row.name.starts_with("counts")).collect();
    let column = Column { device: "d".into(), checksums: (0..).zip(&rows).map(|(i, r)| (r.name.clone(), i)).collect() };
    let mut matrix = Matrix::default();
    matrix.0.insert(COLUMNS[0], column.clone());
    matrix.0.insert(COLUMNS[10], column.clone());
    let document = matrix.document(&rows);
    assert_eq!(Matrix::read(&document), matrix);
    assert!(document.contains("| not run |") && document.contains("| not available |"));
    assert_eq!(matrix.differences(&rows, COLUMNS[1], &column), Vec::<String>::new());
    let mut wrong = column.clone();
    *wrong.checksums.get_mut("counts, 3 classes").unwrap() += 1;
    assert_eq!(matrix.differences(&rows, COLUMNS[1], &wrong).len(), 1);
    wrong.checksums.clear();
    assert_eq!(matrix.differences(&rows, COLUMNS[1], &wrong).len(), 4);
    // Another checksum of a row: columns that were not measured again say nothing of it.
    let mut changed = column;
    *changed.checksums.get_mut("counts, 3 classes").unwrap() += 1;
    matrix.bless(Matrix([(COLUMNS[0], changed)].into()), &rows);
    let row = |document: &str| document.lines().find(|line| line.contains("counts, 3 classes")).unwrap().to_owned();
    let row = row(&matrix.document(&rows));
    assert!(row.contains("| = | not run |") && row.ends_with("| not run |"), "{row}");
}
