//! Models compared: the results of several models on one set of cases, brought together case by case and class by
//! class.
//!
//! A [`Model`] is a folder that was evaluated, results of earlier runs, or a table of scores of any tool.
//! [`Comparison::new`] checks that they are of one truth and rule, joins them by the names of cases, and compares them
//! ([`metric::compare`](crate::metric::compare)). Nothing here reads a file.
//!
//! ```
//! use voxdice::eval::{ScoreChoices, models::{Choices, Comparison, Model}};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let choices = ScoreChoices::default();
//! let model = |name: &str, csv: &str| Model::parse(name, &[("scores.csv".into(), csv.into())], &choices);
//! let unet = model("unet", "case,dice\na,0.91\nb,0.85\nc,0.88\n")?;
//! let ours = model("ours", "case,dice\nc,0.90\na,0.93\nb,0.86\n")?;
//! let found = Comparison::new(&[ours, unet], Choices::default())?;
//! let pair = &found.found[0].pairs[0];
//! assert!((pair.mean - 0.05 / 3.0).abs() < 1e-12);
//! assert_eq!((pair.n, pair.record.wins, pair.p.two_sided), (3, 3, 0.25));
//! # Ok(())
//! # }
//! ```

mod agreement;
mod checks;
mod choices;
mod classes;
mod comparison;
mod csv_text;
mod groups;
mod listed;
mod metrics;
mod model;
pub mod pictures;
mod tables;

pub use agreement::Agreement;
pub use choices::{Choices, UndefinedRule};
pub use comparison::{Comparison, Contender};
pub use groups::Grouping;
pub use model::{Model, metric_name};
pub use tables::MEAN;
