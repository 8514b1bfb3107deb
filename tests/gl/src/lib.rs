//! Results on OpenGL: the column of the determinism matrix, and the tests that compare every adapter with the oracle.
//!
//! `WGPU_BACKEND=gl cargo test --manifest-path tests/gl/Cargo.toml` leaves the Vulkan adapters to the other tests.
#![cfg(test)]
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../../it/activations.rs"]
mod activations;
#[path = "../../it/engines.rs"]
mod engines;
#[path = "../../it/equality.rs"]
mod equality;
#[path = "../../it/gradients.rs"]
mod gradients;
#[path = "../../it/determinism/matrix.rs"]
mod matrix;
#[path = "../../it/operands.rs"]
mod operands;
#[path = "../../it/oracle.rs"]
mod oracle;
#[path = "../../it/page.rs"]
mod page;
#[path = "../../it/random.rs"]
mod random;
#[path = "../../it/regions.rs"]
mod regions;
#[path = "../../it/root.rs"]
mod root;
#[path = "../../it/determinism/rows.rs"]
mod rows;
#[path = "../../it/skips.rs"]
mod skips;
#[path = "../../it/stream.rs"]
mod stream;

use matrix::{Column, Matrix};
use voxdice::tuning::{Poison, Tuning};
use voxdice::{AdapterChoice, Backend, Engine, EngineOptions, NonFinite};

#[test]
fn opengl_gives_the_checksums_of_the_matrix() {
    let adapters = voxdice::adapters();
    let gl = adapters.iter().find(|adapter| adapter.api.eq_ignore_ascii_case("gl"));
    let Some(gl) = gl else { panic!("no OpenGL adapter answers; there are {adapters:?}") };
    let options = EngineOptions {
        backend: Backend::Gpu,
        adapter: AdapterChoice::Index(gl.index),
        non_finite: NonFinite::Ignore,
        tuning: Tuning { poison: Poison::On, ..Tuning::default() },
    };
    let (engine, rows) = (Engine::new(&options).unwrap(), rows::rows());
    let column = Column::new(engine.describe().device, &rows, |row| row.checksum(&engine).unwrap());
    Matrix([("OpenGL", column)].into()).check_or_bless(&rows);
}
