//! The README's table of scores is written from the registry.

use crate::page;
use std::fmt::Write;
use voxdice::metric::{METRICS, MetricRow, Unit};

fn line(row: &MetricRow) -> String {
    let aliases: Vec<String> = row.aliases.iter().map(|alias| format!("`{alias}`")).collect();
    let aliases = if aliases.is_empty() { String::new() } else { format!(" ({})", aliases.join(", ")) };
    let unit = match row.unit {
        Unit::Mm => ", mm",
        Unit::Ml => ", mL",
        Unit::One | Unit::Count => "",
    };
    format!("| `{}`{aliases}{unit} | {} | {} |", row.signature(), row.formula, row.undefined)
}

#[test]
fn the_table_of_scores_is_the_registry() {
    let mut table = String::from("| score | formula | undefined where |\n|---|---|---|\n");
    METRICS.iter().for_each(|row| writeln!(table, "{}", line(row)).unwrap());
    page::check("README.md", &[("scores", table)]);
}
