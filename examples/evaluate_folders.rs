//! Two folders of label maps through the library: `cargo run --example evaluate_folders -- TRUTH PRED`.

use std::path::PathBuf;
use voxdice::eval::{Cohort, Rules, RunOptions, Score, Scoring, Selection, pair_folders};
use voxdice::report::{Facts, html, nnunet_summary};
use voxdice::{Engine, EngineOptions};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folders: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [truth, pred] = &folders[..] else {
        return Err("name the folder of the truth and that of the prediction".into());
    };
    let cohort = Cohort::new(pair_folders(truth, pred)?, Rules::default(), Selection::default())?;
    let evaluation = cohort.run(&Engine::new(&EngineOptions::default())?, &RunOptions::default())?;
    let summary = evaluation.summarize(Scoring::default());
    for (place, class) in evaluation.classes.iter().enumerate() {
        println!("{:<16} Dice {:.4}", class.display(), summary.distribution(Score::DICE, place).mean);
    }
    println!("{} cases, mean {:.4}", evaluation.cases.len(), summary.mean(Score::DICE));
    std::fs::write("summary.json", nnunet_summary(&summary))?;
    std::fs::write("report.html", html(&summary, &[], &Facts))?;
    Ok(())
}
