//! What a report says to errors and warnings.

use crate::eval::{EvalError, Warning};

/// How errors and warnings read in a report. A program with an interface of its own can say there what mends them.
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
