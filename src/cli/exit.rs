//! Exit codes.

use super::interrupt::Interrupted;
use crate::Error;
use crate::eval::EvalError;

/// What the exit code says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    /// 0: it ran, and all is fine.
    Fine,
    /// 1: it ran, and found something: missing or broken cases, a failed verification.
    Findings,
    /// 2: it could not run: wrong usage or input.
    Usage,
    /// 3: the requested device is not there, or does not do its work.
    Device,
    /// 130: it was interrupted, as shells have it.
    Interrupted,
}

impl Exit {
    /// The exit code of an error.
    pub fn of(error: &anyhow::Error) -> Self {
        if error.is::<Interrupted>() || matches!(error.downcast_ref(), Some(EvalError::Cancelled)) {
            return Self::Interrupted;
        }
        let is_device = |cause: &(dyn std::error::Error + 'static)| match (cause.downcast_ref(), cause.downcast_ref()) {
            (Some(error), _) => Error::is_device(error),
            (_, Some(error)) => EvalError::is_device(error),
            _ => false,
        };
        if error.chain().any(is_device) { Self::Device } else { Self::Usage }
    }

    /// Prints what clap has to say: help and version on stdout, wrong usage on stderr.
    pub fn of_usage(message: &clap::Error) -> Self {
        // Printing fails only if the reader is gone, and then the error cannot be reported.
        let _ = message.print();
        if message.use_stderr() { Self::Usage } else { Self::Fine }
    }

    /// As a process ends with it.
    pub fn code(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::Findings => 1,
            Self::Usage => 2,
            Self::Device => 3,
            Self::Interrupted => 130,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;

    #[test]
    fn a_missing_device_is_told_from_wrong_input_whatever_was_said_around_it() {
        let missing = || Error::NoAdapter { request: "named `x`".into(), found: "there are none".into() };
        assert_eq!(Exit::of(&missing().into()), Exit::Device);
        assert_eq!(Exit::of(&Err::<(), _>(missing()).context("verifying").unwrap_err()), Exit::Device);
        assert_eq!(Exit::of(&Error::NoClasses.into()), Exit::Usage);
        assert_eq!(Exit::of(&anyhow::anyhow!("anything else")), Exit::Usage);
    }
}
