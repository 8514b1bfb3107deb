//! Scores of other tools in CSV, and what a comparison of them says.

use super::eval::told;
use crate::eval::ScoreChoices;
use crate::eval::models::{Choices, Comparison, Model};
use crate::metric::compare::{Better, CompareOptions};
use crate::report;
use crate::text::is_command;

/// CSV files of up to three models, with a byte 0 between them; one is compared with itself.
pub(super) fn scores_csv(data: &[u8]) {
    let texts = data.split(|&byte| byte == 0).take(3).map(|text| String::from_utf8_lossy(text).into_owned());
    let read = |(place, text): (usize, String)| {
        // JSON is for `merge`.
        let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '{' || c == '[').to_owned();
        Model::parse(format!("model{place}"), &[(format!("{place}.csv").into(), text)], &ScoreChoices::default())
    };
    let mut models = match texts.enumerate().map(read).collect::<Result<Vec<Model>, _>>() {
        Ok(models) => models,
        Err(error) => return told(&error),
    };
    let twins = models.len() == 1;
    if twins && let Ok(again) = read((1, String::from_utf8_lossy(data).into_owned())) {
        models.push(again);
    }
    // Every column is one of scores.
    let directions = models.iter().flat_map(Model::metrics).map(|name| (name, Better::Higher)).collect();
    let options = CompareOptions { bootstrap: None, ..CompareOptions::default() };
    let choices = Choices { directions, options, ..Choices::default() };
    let found = match Comparison::new(&models, choices.clone()) {
        Ok(found) => found,
        Err(error) => return told(&error),
    };
    let table = report::models_table(&found, None, 5);
    assert!(!table.contains(|c: char| is_command(c) && c != '\n'), "{table:?}");
    assert!(!report::models_html(&found, &[]).contains(|c: char| is_command(c) && c != '\n'));
    assert!(report::models_csv(&found).lines().count() > found.tables.len());
    for pair in found.found.iter().flat_map(|row| &row.pairs) {
        assert!(pair.p.two_sided.is_nan() || (0.0..=1.0).contains(&pair.p.two_sided), "{pair:?}");
        assert_eq!(pair.record.wins + pair.record.ties + pair.record.losses, pair.n);
        if twins && pair.n > 0 {
            assert!(pair.mean == 0.0 && pair.p.two_sided == 1.0, "{pair:?}");
        }
    }
    // The other way round all differences have the other sign.
    models.reverse();
    let turned = Comparison::new(&models, choices).unwrap_or_else(|error| super::eval::unreadable(&error.to_string()));
    if models.len() == 2 && turned.tables.len() == found.tables.len() {
        let both = found.found.iter().zip(&turned.found).flat_map(|(one, other)| one.pairs.iter().zip(&other.pairs));
        for (one, other) in both.filter(|_| found.metrics == turned.metrics && found.classes == turned.classes) {
            assert!(one.mean == -other.mean || (one.mean.is_nan() && other.mean.is_nan()), "{one:?} {other:?}");
            assert_eq!(one.p.two_sided.to_bits(), other.p.two_sided.to_bits());
        }
    }
}
