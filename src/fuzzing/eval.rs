//! What fuzz targets do with a dataset.json, with results to merge and with a list of pairs, and what they assert. Compiled
//! for them and for the unit tests alone; see fuzz/README.md.

use crate::eval::{
    Class, ClassSource, Dataset, EvalError, Ignore, Matching, PairList, Pairing, Partial, Rules, ScoreChoices, Source,
    Summary, WORST, merge as join, pair_folders_by,
};
use crate::report::{self, Facts};
use crate::text::is_command;
use serde_json::Value;
use std::error::Error;
use std::path::Path;

/// Longer messages than this say more than a person reads.
const LONGEST: usize = 1 << 15;

/// An error in words.
pub(super) fn told(error: &(dyn Error + 'static)) {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    let text = causes.map(ToString::to_string).collect::<Vec<_>>().join(": ");
    assert!(!text.is_empty() && text.len() < LONGEST, "{} bytes: {text}", text.len());
}

/// The bytes of a dataset.json.
pub(super) fn dataset(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let found = match Dataset::from_json(&text) {
        Ok(found) => found,
        Err(error) => return told(&error),
    };
    assert!(!found.classes.is_empty());
    // Labels are written out, and none comes from elsewhere.
    let labels = || found.classes.iter().flat_map(|class| &class.labels);
    assert!(labels().count() <= data.len());
    assert!(labels().all(|label| text.contains(&label.to_string())));
    assert!(found.classes.iter().all(|class| Class::of_key(&class.key).labels == class.labels));
    // The label to ignore is the one that is called so, and has no other beside it.
    let root: Value = serde_json::from_str(&text).unwrap_or_default();
    let labels = root.get("labels").and_then(Value::as_object).into_iter().flatten();
    let called: Vec<u64> = labels
        .filter_map(|(name, value)| match value {
            Value::Array(list) if name == "ignore" && list.len() == 1 => list.first()?.as_u64(),
            Value::String(own) if own == "ignore" => name.parse().ok(),
            value if name == "ignore" => value.as_u64(),
            _ => None,
        })
        .collect();
    assert_eq!(found.ignore.map(u64::from), called.last().copied());
    // Classes that cannot be counted are refused with a reason.
    let ignore = found.ignore.map(Ignore::one).unwrap_or_default();
    let classes = ClassSource::Named { classes: found.classes, from: "dataset.json".into() };
    if let Err(error) = (Rules { ignore, ..Rules::of(classes) }).check() {
        told(&error);
    }
}

/// Every form of a report.
#[derive(PartialEq, Eq)]
struct Forms {
    json: String,
    csv: String,
    summary: String,
    table: String,
}

impl Forms {
    fn of(summary: &Summary<'_>) -> Self {
        Self {
            json: format!("{:#}", report::json(summary, &Facts)),
            csv: report::csv(summary),
            summary: report::nnunet_summary(summary),
            table: report::table(summary, WORST),
        }
    }
}

/// The forms of results with these texts, joined.
fn joined(texts: &[String]) -> Result<Forms, EvalError> {
    let parts = (0..).zip(texts).map(|(place, text)| Partial::parse(text, Path::new(&format!("part{place}.json"))));
    let (evaluation, scoring) = join(parts.collect::<Result<_, _>>()?, &ScoreChoices::default())?;
    Ok(Forms::of(&evaluation.summarize(scoring)))
}

/// Results of shards, with a byte 0 between them.
pub(super) fn merge(data: &[u8]) {
    let texts = data.split(|&byte| byte == 0).take(4).map(|text| String::from_utf8_lossy(text).into_owned());
    let forms = match joined(&texts.collect::<Vec<_>>()) {
        Ok(forms) => forms,
        Err(error) => return told(&error),
    };
    assert!(!forms.table.contains(|letter: char| letter.is_control() && letter != '\n'), "{:?}", forms.table);
    // A merge of its own result changes nothing.
    let again =
        joined(std::slice::from_ref(&forms.json)).map_err(|error| format!("{}\n{}", error.in_full(), forms.json));
    let again = again.unwrap_or_else(|error| unreadable(&error));
    assert!(forms.json == again.json, "{}\n{}", forms.json, again.json);
    assert!(forms == again, "{}\n{}", forms.table, again.table);
    // The same for nnU-Net's layout, whose cases are named by their files.
    if let Ok(first) = joined(std::slice::from_ref(&forms.summary)) {
        let again = joined(std::slice::from_ref(&first.summary)).unwrap_or_else(|error| unreadable(&error.in_full()));
        assert!(first.summary == again.summary, "{}\n{}", first.summary, again.summary);
    }
}

/// The CSV of `--pairs`, beside files that are there: the seeds of the other targets. They are looked for, not read.
pub(super) fn pairs(data: &[u8]) {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src/fuzzing"));
    let listed = |text: &str| {
        let list = PairList { path: Path::new("pairs.csv"), text };
        pair_folders_by(folder, folder, Matching::List(list), &Rules::default())
    };
    let text = String::from_utf8_lossy(data);
    let Pairing { pairs, missing, extra, .. } = match listed(&text) {
        Ok(pairing) => pairing,
        Err(error) => return told(&error),
    };
    assert!(extra.is_empty() && pairs.len() + missing.len() <= text.split(['\n', '\r']).count());
    let truths = pairs.iter().map(|pair| &pair.truth).chain(missing.iter().map(|lone| &lone.source));
    // A path that the system refuses, such as one with a byte 0, is reported when the case is read.
    let is_there = |source: &Source| source.path().try_exists().unwrap_or(true);
    assert!(truths.chain(pairs.iter().map(|pair| &pair.pred)).all(is_there));
    let mut names: Vec<&str> = pairs.iter().map(|pair| &pair.name[..]).collect();
    names.extend(missing.iter().map(|lone| &lone.name[..]));
    assert!(names.iter().all(|name| !name.contains(is_command)), "{names:?}");
    names.sort_unstable();
    assert!(names.windows(2).all(|two| two[0] != two[1]), "{names:?}");
    // What was found, written down, is found again. Spaces around a name that came from a file would be lost.
    let mut rows = csv::Writer::from_writer(Vec::new());
    for pair in &pairs {
        if let (Some(truth), Some(pred), true) =
            (pair.truth.path().to_str(), pair.pred.path().to_str(), pair.name.trim() == pair.name)
        {
            rows.write_record([truth, pred, &pair.name]).unwrap_or_else(|error| unreadable(&error.to_string()));
        } else {
            return;
        }
    }
    let rows = rows.into_inner().unwrap_or_default();
    if !rows.is_empty() {
        let again = listed(&String::from_utf8_lossy(&rows)).unwrap_or_else(|error| unreadable(&error.to_string()));
        assert_eq!(again.pairs, pairs);
    }
}

#[allow(clippy::panic)] // a target fails so
pub(super) fn unreadable(error: &str) -> ! {
    panic!("what was written cannot be read: {error}")
}
