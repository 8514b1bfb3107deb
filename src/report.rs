//! The forms of an evaluation: pure functions of a [`Summary`](crate::eval::Summary), which read no file and print
//! nothing; and those of a [`Comparison`](crate::eval::models::Comparison) of models.
//!
//! Errors and warnings stand in some of them; [`Words`] says how they read, and [`Facts`] are their own words.

mod csv;
mod document;
#[cfg(feature = "table")]
pub mod grid;
mod html;
mod json;
mod lesions;
mod models;
mod nnunet;
mod paper;
mod phrases;
mod sheet;
mod summary_csv;
#[cfg(feature = "table")]
mod table;
mod words;

pub use csv::csv;
pub use html::html;
pub use json::json;
pub use lesions::lesions_csv;
#[cfg(feature = "table")]
pub use models::models_table;
pub use models::{
    models_csv, models_html, models_json, models_latex, models_markdown, models_notes, models_scores_csv,
};
pub use nnunet::nnunet_summary;
pub use paper::{Beside, latex, markdown};
pub use phrases::{counted_on, empty_rule};
pub use summary_csv::summary_csv;
#[cfg(feature = "table")]
pub use table::{metrics, table};
pub use words::{Facts, Words};
