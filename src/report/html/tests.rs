//! Whole pages of reports that are made here, and a way to look at them:
//! `VOXDICE_PAGES=DIR cargo test html::tests` leaves them in that folder.

use super::html;
use super::text::escaped;
use crate::cli::{Random, phantom};
use crate::eval::{
    Cancel, CaseResult, Class, ClassSource, EvalError, Evaluation, Failure, Ignore, Kind, MissingRule, Prediction,
    Provenance, Rules, ScoreChoices, Unpaired, WORST, Warning, pictures,
};
use crate::io::nifti;
use crate::report::Facts;
use crate::stats::Counts;
use std::path::{Path, PathBuf};

/// An evaluation and the scores to show.
struct Run {
    evaluation: Evaluation,
    metrics: String,
}

/// The page of a run.
fn render(run: &Run) -> String {
    let choices = ScoreChoices { scores: Some(run.metrics.parse().unwrap()), ..ScoreChoices::default() };
    let summary = run.evaluation.summarize(choices.resolve().unwrap());
    html(&summary, &pictures::worst(&summary, WORST, &Cancel::default()).unwrap(), &Facts)
}

fn origin(kind: Kind, missing: MissingRule) -> Provenance {
    Provenance {
        kind,
        missing,
        shard: None,
        backend: "cpu".into(),
        device: "8 threads, AVX2".into(),
        reason: "voxels are in host memory".into(),
    }
}

fn run(cases: Vec<CaseResult>, classes: Vec<Class>, metrics: &str, provenance: Provenance) -> Run {
    let rules = Rules::of(ClassSource::Named { classes, from: "dataset.json".into() });
    Run { evaluation: Evaluation::new(cases, rules, provenance), metrics: metrics.into() }
}

fn case(name: &str, counts: Vec<(Class, Counts)>) -> CaseResult {
    CaseResult {
        name: name.into(),
        truth: PathBuf::from("nowhere/labelsTs").join(format!("{name}.nii.gz")),
        pred: PathBuf::from("nowhere/predictions").join(format!("{name}.nii.gz")),
        prediction: Prediction::Read,
        shape: vec![128, 128, 96],
        voxels: 128 * 128 * 96,
        spacing_mm: Some([0.8, 0.8, 3.0]),
        gap: None,
        counts,
        surfaces: Default::default(),
        distances: Default::default(),
        instances: Default::default(),
        warnings: Vec::new(),
        verification: None,
    }
}

fn organs() -> Vec<Class> {
    (1..).zip(&phantom::ORGANS).map(|(label, organ)| Class::label(label).named(organ.name)).collect()
}

/// A case of the demo, counted here, its files in this folder.
fn phantom_case(folder: &Path, number: usize) -> CaseResult {
    let (truth, pred) = phantom::case(number);
    let files = ["labelsTs", "predictions"].map(|half| folder.join(half).join(format!("case_{}.nii.gz", number + 1)));
    for (file, voxels) in files.iter().zip([&truth, &pred]) {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        nifti::write(file, &phantom::SHAPE, &phantom::geometry(), voxels).unwrap();
    }
    let counts = organs().into_iter().map(|class| {
        let is = |label: &u8| class.labels.contains(&u32::from(*label));
        let both = truth.iter().zip(&pred).filter(|(t, p)| is(t) && is(p)).count() as u64;
        let [t, p] = [&truth, &pred].map(|map| map.iter().filter(|label| is(label)).count() as u64);
        let counts = Counts::new(both, p, t, truth.len() as u64).unwrap();
        (class, counts)
    });
    let counts = counts.collect();
    let [truth, pred] = files;
    CaseResult {
        truth,
        pred,
        shape: phantom::SHAPE.to_vec(),
        spacing_mm: Some(phantom::geometry().spacing_mm()),
        ..case(&format!("case_{}", number + 1), counts)
    }
}

/// A cohort of made-up numbers: classes of different difficulty, cases of different quality, some without a class.
fn large(cases: usize, classes: usize, metrics: &str) -> Run {
    let mut random = Random::new(7);
    let mut unit = move || f64::from(random.unit());
    let classes: Vec<Class> =
        (1..=classes).map(|label| Class::label(label as u32).named(format!("structure_{label:03}"))).collect();
    let difficulty: Vec<f64> = classes.iter().map(|_| unit() * unit()).collect();
    let cases = (0..cases).map(|place| {
        let quality = 0.6 * unit() * unit();
        let counts = classes.iter().zip(&difficulty).map(|(class, hard)| {
            let truth = if unit() < 0.04 { 0 } else { 200 + (20_000.0 * unit() * unit()) as u64 };
            let wrong =
                (0.02 + 0.5 * hard * unit() + 0.5 * quality * unit() + if unit() < 0.01 { 0.6 } else { 0.0 }).min(1.0);
            let tp = (truth as f64 * (1.0 - wrong)) as u64;
            let fp = if truth == 0 { 0 } else { ((truth - tp) as f64 * 1.6 * unit()) as u64 };
            (class.clone(), Counts::new(tp, tp + fp, truth, 1 << 24).unwrap())
        });
        case(&format!("s{place:04}"), counts.collect())
    });
    let cases = cases.collect();
    run(cases, classes, metrics, origin(Kind::Folders, MissingRule::Error))
}

fn demo(folder: &Path) -> Run {
    let cases = (0..phantom::CASES).map(|number| phantom_case(folder, number)).collect();
    run(cases, organs(), "dice,iou", origin(Kind::Folders, MissingRule::Error))
}

/// Writes a page to look at, on request.
fn keep(name: &str, page: &str) {
    if let Some(folder) = std::env::var_os("VOXDICE_PAGES") {
        std::fs::write(Path::new(&folder).join(name), page).unwrap();
        println!("{name}: {} KiB", page.len() / 1024);
    }
}

/// What every page has to be.
fn check(page: &str) {
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>\n"));
    for outside in ["http:", "https:", "src=", "@import", "url("] {
        let without = page.replace("http://www.w3.org/2000/svg", "");
        assert!(!without.contains(outside), "{outside}");
    }
    for wrong in ["NaN", " style=", "onclick", "Infinity,"] {
        let body = page.split("</style>").nth(1).unwrap().split("<script>").next().unwrap();
        assert!(!body.contains(wrong), "{wrong}");
    }
    for tag in ["section", "table", "tr", "td", "th", "svg", "g", "figure", "ul", "li", "p", "div", "details", "span"] {
        let body = page.split("<script>").next().unwrap();
        let count = |start: String| body.matches(&start).count();
        let opened = count(format!("<{tag} ")) + count(format!("<{tag}>"));
        // The last element of the body comes after the script's.
        assert_eq!(opened, count(format!("</{tag}>")), "{tag}");
    }
}

#[test]
fn a_cohort_shows_its_worst_cases_and_every_case_and_class() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = demo(folder.path());
    run.evaluation.failures.push(Failure {
        case: "case_5".into(),
        error: EvalError::Stored("case_5.nii.gz: the file ends too early".into()),
    });
    run.evaluation.missing.push(Unpaired { case: "case_6".into(), file: "labelsTs/case_6.nii.gz".into() });
    run.evaluation.extra.push(Unpaired { case: "case_7".into(), file: "predictions/case_7.nii.gz".into() });
    run.evaluation.cases[0].warnings.push(Warning::Geometry { millimetres: 1.5, voxels: 0.5 });
    let page = render(&run);
    check(&page);
    assert_eq!(page.matches("class=\"slice\"").count(), 6);
    assert!(!page.contains("No picture"), "{page}");
    // The lesion of case 2 is missed as a whole.
    let figure = page.split("<figure>").nth(1).unwrap();
    assert!(figure.contains("case_2") && figure.contains("lesion") && figure.contains("axial slice"), "{figure}");
    assert!(figure.contains("class=\"fn\"") && !figure.split("</figure>").next().unwrap().contains("class=\"fp\""));
    for words in [
        "the file ends too early",
        "labelsTs/case_6.nii.gz",
        "case_7",
        "do not lie in the same place in 1 case",
        "1 of 20 Dice scores",
    ] {
        assert!(page.contains(words), "{words}");
    }
    assert_eq!(page.matches("<th scope=\"row\" data-c=\"3\">case_4</th>").count(), 2);
    assert_eq!(page, render(&run));
    assert!(page.len() < 400 << 10, "{}", page.len());
    keep("demo.html", &page);
}

#[test]
fn a_pair_shows_all_numbers_of_its_classes() {
    let folder = tempfile::tempdir().unwrap();
    let case = phantom_case(folder.path(), 1);
    let tp = crate::text::grouped(case.counts[0].1.tp());
    let run = run(vec![case], organs(), "dice,iou,volume_truth_ml", origin(Kind::Pair, MissingRule::Error));
    let page = render(&run);
    check(&page);
    assert!(page.contains(&format!("<td>{tp}</td>")) && page.contains("128 × 128 × 96 voxels of 2 × 2 × 3 mm"));
    assert_eq!(page.matches("class=\"slice\"").count(), 5);
    keep("pair.html", &page);
}

#[test]
fn a_missing_prediction_is_missed_as_a_whole_and_has_one_picture() {
    let folder = tempfile::tempdir().unwrap();
    let mut cases: Vec<CaseResult> = (0..2).map(|number| phantom_case(folder.path(), number)).collect();
    let gone = &mut cases[0];
    std::fs::remove_file(&gone.pred).unwrap();
    gone.prediction = Prediction::Missing;
    for (_, counts) in &mut gone.counts {
        *counts = Counts::new(0, 0, counts.n_truth(), counts.n()).unwrap();
    }
    let run = run(cases, organs(), "dice", origin(Kind::Folders, MissingRule::Zero));
    let page = render(&run);
    check(&page);
    let figures: Vec<&str> = page.split("<figure>").skip(1).collect();
    let missing: Vec<_> = figures.iter().filter(|figure| figure.contains(">no prediction</span>")).collect();
    assert_eq!(missing.len(), 1);
    assert!(missing[0].contains("class=\"fn\"") && !missing[0].contains("No picture"));
    keep("missing.html", &page);
}

/// TotalSegmentator's layout: a folder per case, a file per class.
#[test]
fn masks_in_folders_have_pictures_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let mut cases: Vec<CaseResult> = (0..2).map(|number| phantom_case(folder.path(), number)).collect();
    for (number, case) in cases.iter_mut().enumerate() {
        let (truth, pred) = phantom::case(number);
        for (file, voxels) in [(&mut case.truth, truth), (&mut case.pred, pred)] {
            *file = file.with_extension("").with_extension("");
            std::fs::create_dir_all(&file).unwrap();
            for class in organs() {
                let mask: Vec<u8> = voxels.iter().map(|label| u8::from(class.labels[0] == u32::from(*label))).collect();
                let name = format!("{}.nii.gz", class.display());
                // The lesion that was missed has no file either.
                if mask.contains(&1) {
                    nifti::write(file.join(name), &phantom::SHAPE, &phantom::geometry(), &mask).unwrap();
                }
            }
        }
        for (class, _) in &mut case.counts {
            *class = Class::mask(class.display().into());
        }
    }
    let classes = organs().into_iter().map(|class| Class::mask(class.display().into())).collect();
    let page = render(&run(cases, classes, "dice", origin(Kind::Folders, MissingRule::Error)));
    check(&page);
    assert_eq!((page.matches("class=\"slice\"").count(), page.contains("No picture")), (4, false));
    assert!(page.split("<figure>").nth(1).unwrap().contains("44 missed, 0 invented"));
}

#[test]
fn voxels_that_do_not_count_are_grey() {
    let folder = tempfile::tempdir().unwrap();
    let case = phantom_case(folder.path(), 0);
    let (truth, pred) = phantom::case(0);
    // The lesion, which is label 5, is not to count: of the liver in the prediction it takes some away.
    let counted = || truth.iter().zip(&pred).filter(|(t, _)| **t != 5);
    let tp = counted().filter(|pair| pair == &(&1, &1)).count() as u64;
    let n_pred = counted().filter(|(_, p)| **p == 1).count() as u64;
    let n_truth = counted().filter(|(t, _)| **t == 1).count() as u64;
    let liver = organs().remove(0);
    let counts = vec![(liver.clone(), Counts::new(tp, n_pred, n_truth, counted().count() as u64).unwrap())];
    let case = CaseResult { counts, ..case };
    let mut run = run(vec![case], vec![liver], "dice", origin(Kind::Pair, MissingRule::Error));
    run.evaluation.rules.ignore = Ignore::one(5);
    let page = render(&run);
    check(&page);
    assert_eq!((page.matches("class=\"ignored\"").count(), page.contains("No picture")), (2, false));
    keep("ignored.html", &page);
}

#[test]
fn files_that_are_gone_or_changed_leave_a_note_in_place_of_a_picture() {
    let folder = tempfile::tempdir().unwrap();
    let cases: Vec<CaseResult> = (0..3).map(|number| phantom_case(folder.path(), number)).collect();
    std::fs::copy(&cases[1].truth, &cases[0].truth).unwrap();
    std::fs::remove_file(&cases[1].pred).unwrap();
    std::fs::write(&cases[2].pred, "no image").unwrap();
    let page = render(&run(cases, organs(), "dice", origin(Kind::Folders, MissingRule::Error)));
    check(&page);
    for reason in
        ["the files are not at hand any more", "the files are no longer those that were counted", "predictions/case_3"]
    {
        assert!(page.contains(reason), "{reason}");
    }
    assert!(!page.contains("class=\"slice\""));
}

#[test]
fn nothing_that_comes_from_outside_is_markup() {
    let evil = "</title></style></script><img src=x onerror=\"alert('1')\">&";
    let class = Class { key: evil.into(), name: Some(evil.into()), labels: vec![1] };
    let mut one = case("x", vec![(class.clone(), Counts::new(1, 2, 3, 9).unwrap())]);
    (one.name, one.truth, one.pred) = (evil.into(), evil.into(), evil.into());
    one.warnings.push(Warning::Absent { labels: vec![evil.into()] });
    for kind in [Kind::Folders, Kind::Pair] {
        let mut place = origin(kind, MissingRule::Error);
        place.device = evil.into();
        let mut run = run(vec![one.clone()], vec![class.clone()], "dice", place);
        run.evaluation.rules.classes = ClassSource::Named { classes: vec![class.clone()], from: evil.into() };
        run.evaluation.failures.push(Failure { case: evil.into(), error: EvalError::Stored(evil.into()) });
        run.evaluation.missing.push(Unpaired { case: evil.into(), file: evil.into() });
        run.evaluation.extra.push(Unpaired { case: evil.into(), file: evil.into() });
        let page = render(&run);
        assert!(!page.contains("<img") && !page.contains("alert('"));
        assert_eq!((page.matches("</script>").count(), page.matches("</style>").count()), (1, 1));
        assert!(page.matches(&escaped(evil)).count() > 9);
    }
}

#[test]
fn a_large_cohort_stays_small() {
    let run = large(200, 117, "dice,iou");
    let page = render(&run);
    check(&page);
    assert_eq!(page.matches("data-c=\"199\"").count(), 2);
    assert!(page.contains("worst class"));
    assert!(page.len() < 3 << 20, "{}", page.len());
    keep("large.html", &page);
}

#[test]
fn with_very_many_scores_only_outliers_are_dots() {
    let page = render(&large(200, 117, "dice,iou,mcc,volume_similarity,volume_truth_ml,fnr"));
    check(&page);
    assert!(page.contains("dots are those beyond the whiskers"));
    assert!(page.len() < 5 << 20, "{}", page.len());
    keep("scores.html", &page);
}

#[test]
fn nothing_to_show_is_a_page_as_well() {
    let empty = run(Vec::new(), organs(), "dice,volume_pred_ml", origin(Kind::Folders, MissingRule::Error));
    check(&render(&empty));
    let perfect = Counts::new(5, 5, 5, 10).unwrap();
    let cases = vec![case("a", vec![(Class::label(1), perfect)])];
    let page = render(&run(cases, vec![Class::label(1)], "dice", origin(Kind::Folders, MissingRule::Error)));
    check(&page);
    assert!(!page.contains("Worst cases") && page.contains("No case failed"));
}
