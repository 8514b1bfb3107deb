//! What has a picture.

use super::Subject;
use crate::eval::instances::LesionStatus;
use crate::eval::summary::Summary;
use crate::metric::Metric;
use std::collections::BTreeSet;

/// At most so many pictures of surfaces, of lesions that were missed, and of those that were invented.
const OF_A_KIND: usize = 3;

/// A picture to be made.
pub(super) struct Choice {
    pub case: usize,
    pub class: usize,
    pub value: f64,
    pub subject: Subject,
}

pub(super) fn all(summary: &Summary<'_>, most: usize) -> Vec<Choice> {
    let few = most.min(OF_A_KIND);
    let lesions = |status| lesions(summary, few, status);
    let all =
        [scores(summary, most), surfaces(summary, few), lesions(LesionStatus::Missed), lesions(LesionStatus::Extra)];
    all.into_iter().flatten().collect()
}

/// The worst scores.
fn scores(summary: &Summary<'_>, most: usize) -> Vec<Choice> {
    let worst = summary.worst(summary.ranking(), most).into_iter();
    worst.map(|(case, class, value)| Choice { case, class, value, subject: Subject::Score }).collect()
}

/// The worst surfaces that have another one to be far from, one of a case: by the first distance, or by the first share within a
/// tolerance where no distance was asked for.
fn surfaces(summary: &Summary<'_>, most: usize) -> Vec<Choice> {
    let of_surfaces = summary.scoring.scores.iter().filter(|score| matches!(score.metric, Metric::Surface(_)));
    // Of equal ones the first.
    let Some(&score) = of_surfaces.min_by_key(|score| score.lower_is_better() != Some(true)) else { return Vec::new() };
    let mut cases = BTreeSet::new();
    let worst = summary.worst(score, usize::MAX).into_iter().filter(|&(case, class, _)| {
        let counts = summary.evaluation.cases.get(case).and_then(|case| case.counts.get(class));
        counts.is_some_and(|(_, counts)| counts.n_truth() > 0 && counts.n_pred() > 0 && counts.fp() + counts.fn_() > 0)
    });
    let worst = worst.filter(|(case, ..)| cases.insert(*case)).take(most);
    worst.map(|(case, class, value)| Choice { case, class, value, subject: Subject::Surface(score) }).collect()
}

/// The largest lesions of all cases with this outcome.
fn lesions(summary: &Summary<'_>, most: usize, status: LesionStatus) -> Vec<Choice> {
    let in_mm3 = summary.evaluation.has_mm3();
    let mut found = Vec::new();
    for (place, case) in summary.evaluation.cases.iter().enumerate() {
        for (class, (of, _)) in case.counts.iter().enumerate() {
            let rows = case.instances.get(&of.key).map_or(&[][..], |found| &found.rows);
            let with = rows.iter().enumerate().filter(|(_, row)| row.status == status);
            found.extend(with.map(|(row, lesion)| {
                let subject = Subject::Lesion(row);
                (lesion.size(in_mm3), Choice { case: place, class, value: lesion.voxels as f64, subject })
            }));
        }
    }
    // A stable sort: of equal ones the first.
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found.into_iter().take(most).map(|(_, choice)| choice).collect()
}
