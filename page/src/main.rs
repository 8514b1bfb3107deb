//! What the page in the browser computes with: a program whose only system is what the page gives it (`web/wasi.js`). It is
//! given the files that were chosen, one command and its request in JSON; it prints how far it is, and writes results as files.
//!
//! ```console
//! $ voxdice-page evaluate '{"truth": "labelsTs", "pred": "predictions", "out": "."}'
//! ```
//!
//! Several runs share a folder: `cases` prints its cases, `part` counts some of them, and `evaluate` takes over what was counted.
//! `check` computes the rows of `docs/determinism.md` on the processor and on a GPU, which the page lends as a file.
//! Every rule is the library's own, folders included, because to it this is an ordinary system with files.

#[cfg(target_os = "wasi")]
mod check;
mod choices;
mod evaluate;
mod marks;

// What the rows of docs/determinism.md are made with: files of the library's tests, some of which only these need.
#[cfg(target_os = "wasi")]
#[path = "../../tests/it/operands.rs"]
#[allow(clippy::unwrap_used, clippy::panic)]
mod operands;
#[cfg(target_os = "wasi")]
#[path = "../../tests/it/oracle.rs"]
#[allow(dead_code, clippy::unwrap_used)]
mod oracle;
#[cfg(target_os = "wasi")]
#[path = "../../tests/it/random.rs"]
#[allow(dead_code)]
mod random;

use choices::Failed;
use serde::de::DeserializeOwned;
use std::process::ExitCode;
use voxdice::eval::EvalError;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let (command, request) = (args.next().unwrap_or_default(), args.next().unwrap_or_default());
    let done = match command.as_str() {
        "cases" => read(&request).and_then(|request| evaluate::cases(&request)),
        "part" => read(&request).and_then(|request| evaluate::part(&request)),
        "evaluate" => read(&request).and_then(|request| evaluate::evaluate(&request)),
        "compare" => read(&request).and_then(|models| evaluate::compare(&models)),
        "marks" => read(&request).and_then(|wanted| marks::marks(&wanted)),
        #[cfg(target_os = "wasi")]
        "check" => read(&request).and_then(|names: Option<Vec<String>>| check::check(names.as_deref())),
        _ => Err("write cases, part, evaluate, compare, marks or check, and a request".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}", in_words(&error));
            ExitCode::from(2)
        }
    }
}

fn read<T: DeserializeOwned>(request: &str) -> Result<T, Failed> {
    Ok(serde_json::from_str(request)?)
}

fn in_words(error: &Failed) -> String {
    error.downcast_ref::<EvalError>().map_or_else(|| error.to_string(), EvalError::in_full)
}
