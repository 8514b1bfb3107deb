//! The words of errors and warnings in a report.

use crate::eval::{EvalError, Warning};

/// How errors and warnings read in a report. A program with another interface can add how to fix them.
pub trait Words {
    /// A warning in words.
    fn warning(&self, warning: &Warning) -> String {
        warning.to_string()
    }

    /// An error in words.
    fn error(&self, error: &EvalError) -> String {
        error.in_full()
    }
}

/// The facts alone.
#[derive(Debug, Clone, Copy, Default)]
pub struct Facts;

impl Words for Facts {}
