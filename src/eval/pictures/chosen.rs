//! What has a picture.

use super::Subject;
use crate::eval::instances::LesionStatus;
use crate::eval::summary::Summary;
use crate::metric::Metric;
use std::collections::BTreeSet;

/// Pictures of surfaces, of lesions that were missed, and of those that were invented.
const OF_A_KIND: usize = 3;

/// A picture to be made.
pub(super) struct Choice {
    pub case: usize,
    pub class: usize,
    pub value: f64,
    pub subject: Subject,
}

pub(super) fn all(summary: &Summary<'_>, most: usize) -> Vec<Choice> {
    let lesions = |status| lesions(summary, status);
    let all = [scores(summary, most), surfaces(summary), lesions(LesionStatus::Missed), lesions(LesionStatus::Extra)];
    all.into_iter().flatten().collect()
}

/// The worst scores.
fn scores(summary: &Summary<'_>, most: usize) -> Vec<Choice> {
    let worst = summary.worst(summary.ranking(), most).into_iter();
    worst.map(|(case, class, value)| Choice { case, class, value, subject: Subject::Score }).collect()
}

/// The worst surfaces that have another one to be far from, one of a case.
fn surfaces(summary: &Summary<'_>) -> Vec<Choice> {
    let is_distance = |metric: Metric| matches!(metric, Metric::Surface(_));
    let Some(score) = summary.scoring.scores.iter().find(|score| is_distance(score.metric)) else { return Vec::new() };
    let mut cases = BTreeSet::new();
    let worst = summary.worst(*score, usize::MAX).into_iter().filter(|&(case, class, _)| {
        let counts = summary.evaluation.cases.get(case).and_then(|case| case.counts.get(class));
        counts.is_some_and(|(_, counts)| counts.n_truth() > 0 && counts.n_pred() > 0 && counts.fp() + counts.fn_() > 0)
    });
    let worst = worst.filter(|(case, ..)| cases.insert(*case)).take(OF_A_KIND);
    worst.map(|(case, class, value)| Choice { case, class, value, subject: Subject::Surface }).collect()
}

/// The largest lesions of all cases with this outcome.
fn lesions(summary: &Summary<'_>, status: LesionStatus) -> Vec<Choice> {
    let mut found = Vec::new();
    for (place, case) in summary.evaluation.cases.iter().enumerate() {
        for (class, (of, _)) in case.counts.iter().enumerate() {
            let rows = case.instances.get(&of.key).map_or(&[][..], |found| &found.rows);
            let with = rows.iter().enumerate().filter(|(_, row)| row.status == status);
            found.extend(with.map(|(row, lesion)| {
                // Voxels of two cases need not be of one size.
                let size = if lesion.mm3.is_nan() { lesion.voxels as f64 } else { lesion.mm3 };
                let subject = Subject::Lesion(row);
                (size, Choice { case: place, class, value: lesion.voxels as f64, subject })
            }));
        }
    }
    // A stable sort: of equal ones the first.
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found.into_iter().take(OF_A_KIND).map(|(_, choice)| choice).collect()
}
