//! Distances between surfaces: where the worst ones are, and how they are distributed.

use super::figure::figures;
use super::histogram;
use super::text::class as class_name;
use crate::eval::pictures::{Picture, Subject};
use crate::eval::{DistanceHistogram, Score, Summary};
use crate::metric::Metric;
use std::collections::BTreeMap;

/// Drawings of more classes are folded.
pub(super) const OPEN: usize = 12;

pub(super) fn section(summary: &Summary<'_>, pictures: &[Picture]) -> String {
    let drawn = figures(summary, pictures.iter().filter(|picture| matches!(picture.subject, Subject::Surface(_))));
    let worst = if drawn.is_empty() {
        String::new()
    } else {
        "<p class=\"lead\">The line goes from the element that is farthest away to what is nearest to it on the other \
         surface.</p>"
            .to_owned()
            + &drawn
    };
    let histograms = histograms(summary);
    if worst.is_empty() && histograms.is_empty() {
        return String::new();
    }
    format!("<section id=\"surfaces\"><h2>Surfaces</h2>{worst}{histograms}</section>")
}

/// Those of all cases together, by class.
fn histograms(summary: &Summary<'_>) -> String {
    let mut pooled: BTreeMap<usize, DistanceHistogram> = BTreeMap::new();
    for case in &summary.evaluation.cases {
        for (place, (class, _)) in case.counts.iter().enumerate() {
            if let Some(distances) = case.distances.get(&class.key) {
                pooled.entry(place).or_default().add(distances);
            }
        }
    }
    let columns = histogram::columns(pooled.values());
    let marked = summary.scoring.scores.iter().copied().find(|score| is_percentile(*score));
    let title = marked.map(|score| score.to_string()).unwrap_or_default();
    let figures: Vec<String> = pooled
        .iter()
        .filter(|(_, distances)| distances.truth.iter().chain(&distances.pred).any(|&count| count > 0))
        .filter_map(|(&place, distances)| {
            let mean = marked.map(|score| (&title[..], summary.distribution(score, place).mean));
            let name = class_name(summary.evaluation.classes.get(place)?);
            let svg = histogram::draw(distances, columns, mean);
            Some(format!("<figure class=\"chart\"><figcaption><b>{name}</b></figcaption>{svg}</figure>"))
        })
        .collect();
    let mean = if marked.is_some() { format!(" The line is the mean {title} of the cases.") } else { String::new() };
    let unit = if summary.evaluation.rules.surfaces.is_in_mm() { "mm" } else { "voxels" };
    let lead = format!(
        "<p class=\"lead\">Distances of all cases in {unit}, by a factor of 1.4 from column to column: elements of the truth's \
         boundary <b class=\"of-truth\">upwards</b>, of the prediction's <b class=\"of-pred\">downwards</b>; heights are \
         logarithms.{mean}</p>"
    );
    folded(&lead, &figures, "classes")
}

/// Charts side by side, folded where there are many.
pub(super) fn folded(lead: &str, figures: &[String], what: &str) -> String {
    let grid = format!("<div class=\"charts\">{}</div>", figures.concat());
    match figures.len() {
        0 => String::new(),
        1..=OPEN => lead.to_owned() + &grid,
        n => format!("{lead}<details class=\"many\"><summary>{n} {what}</summary>{grid}</details>"),
    }
}

fn is_percentile(score: Score) -> bool {
    use crate::metric::surface::SurfaceMetric::{HdPercentile, HdPred, HdTruth};
    matches!(score.metric, Metric::Surface(HdPercentile(_) | HdTruth(_) | HdPred(_)))
}
