//! Two folders of label maps through the library, and their summary in nnU-Net's layout:
//! `cargo run --release --example evaluate_folders -- TRUTH PRED summary.json`.

#![allow(clippy::print_stdout)]

use std::path::PathBuf;
use voxdice::eval::{Cohort, Rules, RunOptions, Score, Scoring, Selection, pair_folders};
use voxdice::{Engine, EngineOptions, report};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [truth, pred, output] = &paths[..] else { return Err("name truth, prediction and the file to write".into()) };
    let cohort = Cohort::new(pair_folders(truth, pred)?, Rules::default(), Selection::default())?;
    let evaluation = cohort.run(&Engine::new(&EngineOptions::default())?, &RunOptions::default())?;
    let summary = evaluation.summarize(Scoring::default());
    for (place, class) in evaluation.classes.iter().enumerate() {
        println!("{:<16} {:.4}", class.display(), summary.distribution(Score::DICE, place).mean);
    }
    println!("{:<16} {:.4} of {} cases", "mean Dice", summary.mean(Score::DICE), evaluation.cases.len());
    std::fs::write(output, report::nnunet_summary(&summary))?;
    Ok(())
}
