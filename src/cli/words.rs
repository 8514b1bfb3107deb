//! The library's errors for users of the command line. The library says what a program can change; here the same facts
//! come with the flags.

mod eval;

pub(super) use eval::{Flags, of_warning};

use crate::Error;
use crate::error::NonFiniteFact;
use crate::error::{FileError, LabelFault, PictureFault};
use crate::eval::EvalError;
use crate::metric::instances::Charge;

/// A choice of an evaluation as a flag.
pub(super) fn flag(name: &str, choice: Option<&str>) -> String {
    match (name, choice) {
        ("by", _) => with("instances", choice),
        ("charge", None) => with("charge-fp", None),
        ("charge", Some(own)) => {
            with("charge-fp", Some(if own == Charge::FalsePositives.name() { "yes" } else { "no" }))
        }
        _ => with(&name.replace('_', "-"), choice),
    }
}

fn with(flag: &str, choice: Option<&str>) -> String {
    match choice {
        None => format!("--{flag}"),
        // A shell would write to a file.
        Some(choice) if choice.contains('>') => format!("--{flag} \"{choice}\""),
        Some(choice) => format!("--{flag} {choice}"),
    }
}

/// The whole chain of causes on one line.
pub(super) fn of(error: &anyhow::Error) -> String {
    of_causes(error.chain())
}

/// The same of an error of the evaluation.
pub(super) fn of_eval(error: &EvalError) -> String {
    of_causes(std::iter::successors(Some(error as &(dyn std::error::Error + 'static)), |error| error.source()))
}

fn of_causes<'a>(causes: impl Iterator<Item = &'a (dyn std::error::Error + 'static)>) -> String {
    let words = causes.map(|cause| match (cause.downcast_ref(), cause.downcast_ref()) {
        (Some(error), _) => of_library(error),
        (_, Some(error)) => of_file(error),
        _ => eval::of_cause(cause).unwrap_or_else(|| cause.to_string()),
    });
    words.collect::<Vec<_>>().join(": ")
}

/// Options for reading label maps are flags of `eval`, the one command that reads them.
fn of_file(error: &FileError) -> String {
    if let FileError::Picture { fault: PictureFault::Colour { .. }, .. } = error {
        return format!("{error} (`voxdice eval --colors`)");
    }
    let FileError::NotALabel { path, position, value, fault } = error else { return error.to_string() };
    let position: Vec<String> = position.iter().map(u64::to_string).collect();
    let remedy = match fault {
        LabelFault::Fraction => {
            "say --round if labels are a little off, or --threshold T if the prediction holds probabilities (`voxdice loss \
             --activation threshold=T` scores them as well)"
        }
        LabelFault::Scaled => {
            "say --round if whole labels were scaled to fit an integer type when they were written (nibabel does, of a float \
             array), or --threshold T if the prediction holds probabilities"
        }
        LabelFault::Negative if value.trim_end_matches(".0").parse::<i32>().is_ok() => {
            return format!(
                "{}: voxel ({}) is {value}, which is negative; add {} to --ignore if this label of the truth marks voxels \
                 that do not count, or write labels from 0 up (is this an image instead?)",
                path.display(),
                position.join(", "),
                value.trim_end_matches(".0")
            );
        }
        _ => return error.to_string(),
    };
    format!("{}: voxel ({}) is {value}, which is {fault}; {remedy}", path.display(), position.join(", "))
}

fn of_library(error: &Error) -> String {
    let or_cpu = "update its driver, choose another one with --adapter, or use --backend cpu";
    match error {
        Error::NonFinite { facts } => {
            let facts: Vec<String> = facts.iter().map(NonFiniteFact::to_string).collect();
            format!("{}; write the file again without them", facts.join("; "))
        }
        Error::File(error) => of_file(error),
        Error::NoGradient { activation } => {
            format!("{activation} has no gradient; leave --grad out, or use --activation none, sigmoid or softmax")
        }
        Error::TooManyLabels { limit } => {
            format!(
                "there are more than {limit} different labels; check that both files are label maps, or say --labels"
            )
        }
        Error::TooManyLesions(fact) => format!(
            "{} has {} lesions of one class, and {} are the most that were allowed; look whether it is a segmentation, or \
             raise --max-lesions",
            fact.side, fact.found, fact.most
        ),
        Error::IgnoredClass { label } => {
            format!(
                "label {label} is to be ignored and is in a class to be counted; change --ignore, or leave it out of the classes"
            )
        }
        Error::GpuNotBuilt => "this build has no GPU backend; work on the CPU, or build with feature `gpu`".into(),
        Error::SelfTest { adapter, check } => format!("adapter `{adapter}` failed the self-test ({check}); {or_cpu}"),
        Error::DeviceLost { reason } => format!("the GPU device was lost: {reason}; run again, or use --backend cpu"),
        Error::GpuOutOfMemory { message } => format!("the GPU is out of memory ({message}); use --backend cpu"),
        Error::GpuTimeout { timeout } => format!("the GPU did not answer within {timeout:?}; {or_cpu}"),
        Error::BindingTooLarge { what, bytes, most } => {
            format!("{what} take {bytes} bytes, and this device binds {most} at most; {or_cpu}")
        }
        Error::Gpu { message } => {
            format!("the GPU refused a command: {message}; please report this, and use --backend cpu meanwhile")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Operand, Position};
    use anyhow::Context;

    #[test]
    fn remedies_are_flags_and_the_facts_stay() {
        let first = Position { sample: 0, channel: 1, voxel: 7 };
        let fact = NonFiniteFact { operand: Operand::Pred, count: 2, first };
        let message = || "abc".to_owned();
        for (error, facts) in [
            (Error::NonFinite { facts: vec![fact] }, "2 voxels of pred are NaN or infinite, the first at sample 0"),
            (Error::NoGradient { activation: "Argmax".into() }, "--activation none"),
            (Error::TooManyLabels { limit: 9 }, "more than 9"),
            (Error::IgnoredClass { label: 3 }, "label 3"),
            (Error::GpuNotBuilt, "work on the CPU"),
            (Error::SelfTest { adapter: message(), check: "def".into() }, "adapter `abc` failed the self-test (def)"),
            (Error::DeviceLost { reason: message() }, "lost: abc"),
            (Error::GpuOutOfMemory { message: message() }, "(abc)"),
            (Error::GpuTimeout { timeout: std::time::Duration::from_millis(8500) }, "within 8.5s"),
            (Error::BindingTooLarge { what: "results", bytes: 9, most: 7 }, "take 9 bytes"),
            (Error::Gpu { message: message() }, "command: abc"),
        ] {
            let said = of(&Err::<(), _>(error).context("x.nii").unwrap_err());
            assert!(said.starts_with("x.nii: ") && said.contains(facts), "{said}");
            // Names from the library's interface are of no use on the command line.
            assert!(!said.contains("::") && !said.contains("Engine") && !said.contains("the CPU backend"), "{said}");
        }
    }
}
