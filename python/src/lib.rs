//! The compiled part of the Python package `voxdice`: numbers in, numbers out. What Python's users see is in `package/`.

mod arrays;
mod counts;
mod models;
mod report;
mod rules;
mod soft;
mod work;

use pyo3::create_exception;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use std::num::NonZeroUsize;
use voxdice::eval::EvalError;
use voxdice::tuning;

create_exception!(
    voxdice,
    Error,
    PyValueError,
    "Something cannot be evaluated. The message says what, and what to do."
);

/// A fact as Python's exception.
fn refused(fact: impl ToString) -> PyErr {
    Error::new_err(fact.to_string())
}

/// An error with its causes.
fn failed(error: impl Into<EvalError>) -> PyErr {
    refused(error.into().in_full())
}

/// The command, with these arguments; the first is its name. Returns the exit code.
#[pyfunction]
fn run_command(py: Python<'_>, arguments: Vec<std::ffi::OsString>) -> u8 {
    py.detach(|| voxdice::cli::run_from(arguments))
}

/// So many threads from here on; None for as many as there are cores.
#[pyfunction]
fn set_threads(threads: Option<usize>) -> PyResult<()> {
    let cores = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let threads = NonZeroUsize::new(threads.unwrap_or_else(cores));
    tuning::set_threads(Some(
        threads.ok_or_else(|| refused("0 threads do no work; ask for 1 at least, or None for all"))?,
    ));
    Ok(())
}

/// How many threads work.
#[pyfunction]
fn threads() -> usize {
    tuning::threads()
}

#[pymodule]
mod _voxdice {
    #[pymodule_export]
    use super::counts::{count, score};
    #[pymodule_export]
    use super::models::compare;
    #[pymodule_export]
    use super::report::{Report, evaluate, merge, parse};
    #[pymodule_export]
    use super::rules::{ignored, labels};
    #[pymodule_export]
    use super::soft::{loss, sums};
    #[pymodule_export]
    use super::{Error, run_command, set_threads, threads};
}
