//! A comparison as strict JSON: undefined numbers are null.

use super::notes::notes;
use super::phrases::{better, method, method_sentence, names, verdict};
use crate::eval::SCHEMA;
use crate::eval::models::{Agreement, Comparison};
use crate::metric::Interval;
use crate::metric::compare::{Compared, Pair, Ranking, ScoreTable, Test, critical_difference};
use serde_json::{Map, Value, json};

/// The cases of a pair that are named as those that changed most.
const CHANGED: usize = 5;

/// Everything that was found: `comparisons` of pairs, `models` with their scores, `ranking` per metric and class, and
/// how they came about.
pub fn models_json(found: &Comparison) -> Value {
    let pairs = found.rows().flat_map(|(table, row)| row.pairs.iter().map(move |own| pair(found, table, own)));
    let overall = found.overall().map(|(means, ranks)| {
        let of_model =
            |model: usize| json!({ "model": name(found, model), "mean_rank": means[model], "rank": ranks[model] });
        (0..found.models.len()).map(of_model).collect::<Vec<_>>()
    });
    json!({
        "comparisons": pairs.collect::<Vec<_>>(),
        "models": (0..found.models.len()).map(|place| model(found, place)).collect::<Vec<_>>(),
        "ranking": found.rows().map(|(table, row)| ranking(found, table, row)).collect::<Vec<_>>(),
        "overall": overall,
        "volumes": found.agreement.iter().map(|own| volumes(found, own)).collect::<Vec<_>>(),
        "notes": notes(found),
        "method": method_sentence(found),
        "voxdice": {
            "schema": SCHEMA,
            "version": env!("CARGO_PKG_VERSION"),
            "cases": found.cases.len(),
            "groups": found.groups,
            "classes": found.classes.iter().map(|(key, name)| json!({ "key": key, "name": name })).collect::<Vec<_>>(),
            "metrics": found.metrics.iter().map(|(metric, way)| json!({ "name": metric, "better": better(*way) })).collect::<Vec<_>>(),
            "options": options(found),
        },
    })
}

/// Bland and Altman's numbers.
fn volumes(found: &Comparison, own: &Agreement) -> Value {
    json!({
        "class": own.class,
        "model": name(found, own.model),
        "n": own.n,
        "bias_ml": own.bias,
        "sd_ml": own.sd,
        "limits_ml": own.limits(),
    })
}

fn name(found: &Comparison, model: usize) -> &str {
    found.models.get(model).map_or("", |model| &model.name)
}

fn ends(interval: Option<Interval>) -> Option<[f64; 2]> {
    interval.map(|interval| [interval.low, interval.high])
}

fn pair(found: &Comparison, table: &ScoreTable, own: &Pair) -> Value {
    let [a, b] = names(found, [own.a, own.b]);
    let changed = found.changed(table, own, CHANGED).into_iter();
    json!({
        "metric": table.metric,
        "class": table.class,
        "a": a,
        "b": b,
        "n": own.n,
        "groups": own.groups,
        "mean_difference": own.mean,
        "interval": ends(own.interval),
        "median_difference": own.median,
        "sd_difference": own.sd,
        "hodges_lehmann": own.hodges_lehmann,
        "dz": own.mean / own.sd,
        "wins": own.record.wins,
        "ties": own.record.ties,
        "losses": own.record.losses,
        "r_plus": own.ranks.r_plus,
        "r_minus": own.ranks.r_minus,
        "statistic": own.ranks.statistic(),
        "rank_biserial": own.ranks.rank_biserial(),
        "nonzero": own.ranks.nonzero,
        "zeros": own.ranks.zeros,
        "test": found.options.test.name(),
        "method": method(own.tested),
        "p": own.p.two_sided,
        "p_greater": own.p.greater,
        "p_less": own.p.less,
        "p_adjusted": own.p_adjusted,
        "tests": own.family,
        "least_p": own.least_p,
        "p_of_mean": own.p_of_mean,
        "p_equivalent": own.p_equivalent,
        "a_is_better": own.first_is_better,
        "mean_difference_with_ones": own.mean_with_ones,
        "verdict": verdict(own.verdict),
        "changed": changed.map(|(case, difference)| json!({ "case": case, "difference": difference })).collect::<Vec<_>>(),
    })
}

fn model(found: &Comparison, place: usize) -> Value {
    let contender = &found.models[place];
    let missing_rows = contender.missing_rows.iter().map(|(case, class)| json!({ "case": case, "class": class }));
    let scores = found.rows().filter_map(|(table, row)| {
        let own = row.models.get(place)?;
        Some(json!({
            "metric": table.metric,
            "class": table.class,
            "n": row.complete,
            "defined": own.defined,
            "undefined": own.undefined,
            "mean": own.mean,
            "interval": ends(own.interval),
            "median": own.median,
            "sd": own.sd,
            "mean_of_defined": own.mean_of_defined,
        }))
    });
    json!({
        "name": contender.name,
        "files": contender.sources.iter().map(|path| path.to_string_lossy()).collect::<Vec<_>>(),
        "cases": contender.cases,
        "missing": contender.missing,
        "missing_rows": missing_rows.collect::<Vec<_>>(),
        "scores": scores.collect::<Vec<_>>(),
    })
}

fn ranking(found: &Comparison, table: &ScoreTable, row: &Compared) -> Value {
    let case = |place: &usize| found.cases.get(*place).map_or("", |case| case.as_str()).to_owned();
    let friedman = row.friedman.as_ref().map(|friedman| {
        json!({
            "cases": friedman.cases,
            "statistic": friedman.statistic,
            "p": friedman.p,
            "f": friedman.f,
            "p_of_f": friedman.p_of_f,
            "mean_ranks": friedman.mean_ranks,
            "critical_difference": critical_difference(found.models.len(), friedman.cases, found.options.alpha),
        })
    });
    let mut of_table = json!({
        "metric": table.metric,
        "class": table.class,
        "by": found.options.rank.name(),
        "complete": row.complete,
        "of": row.cases,
        "asymmetric": row.asymmetric.iter().map(case).collect::<Vec<_>>(),
        "friedman": friedman,
    });
    if let (Some(ranking), Some(own)) = (&row.ranking, of_table.as_object_mut()) {
        own.extend(ranks(found, ranking));
    }
    of_table
}

fn ranks(found: &Comparison, ranking: &Ranking) -> Map<String, Value> {
    let of_model = |model: usize| {
        let stable = ranking.stability.as_ref().and_then(|stability| stability.models.get(model));
        json!({
            "model": name(found, model),
            "value": ranking.values[model],
            "rank": ranking.ranks[model],
            "first": stable.map(|stable| stable.first),
            "median_rank": stable.map(|stable| stable.median),
            "rank_interval": stable.map(|stable| stable.ranks),
            "rank_interval_by_tests": ranking.by_tests.as_ref().and_then(|by| by.get(model)),
        })
    };
    let all = ranking
        .all
        .iter()
        .map(|(by, values, ranks)| (by.name().to_owned(), json!({ "values": values, "ranks": ranks })));
    let agreement = ranking
        .agreement
        .iter()
        .map(|(one, other, tau)| json!({ "rankings": [one.name(), other.name()], "kendall_tau_b": tau }));
    let left_out = ranking.left_out.iter().map(|left| {
        let first: Vec<&str> = left.first.iter().map(|&model| name(found, model)).collect();
        json!({ "case": found.cases.get(left.case), "first": first })
    });
    let entries = [
        ("models", (0..ranking.ranks.len()).map(of_model).collect::<Vec<_>>().into()),
        ("kendall_tau_b", ranking.stability.as_ref().map(|stability| stability.tau_b).into()),
        ("all", Value::Object(all.collect())),
        ("agreement", agreement.collect::<Vec<_>>().into()),
        ("leave_one_out", left_out.collect::<Vec<_>>().into()),
    ];
    entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn options(found: &Comparison) -> Value {
    let options = &found.options;
    let (zeros_rule, draws) = match options.test {
        Test::Wilcoxon(rule) => (Some(rule.name()), None),
        Test::SignFlip { draws } => (None, Some(draws)),
        _ => (None, None),
    };
    json!({
        "test": options.test.name(),
        "zeros": zeros_rule,
        "draws": draws,
        "adjust": options.adjust.name(),
        "family": options.family.name(),
        "undefined": found.choices.undefined.name(),
        "missing": found.choices.missing.name(),
        "interval": options.interval.name(),
        "bootstrap": options.bootstrap.map(|bootstrap| {
            json!({ "resamples": bootstrap.resamples(), "level": bootstrap.level(), "seed": bootstrap.seed() })
        }),
        "rank": options.rank.name(),
        "against": found.choices.against,
        "weights": found.metrics.iter().map(|(metric, _)| (metric.clone(), found.weight(metric).into())).collect::<Map<_, _>>(),
        "margin": options.margin,
        "alpha": options.alpha,
    })
}
