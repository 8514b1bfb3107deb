//! Models joined case by case and class by class, and the results of comparing them.

use super::agreement::{Agreement, agreement};
use super::checks::{check_rules, check_truth};
use super::choices::{Choices, Grouping, UndefinedRule};
use super::model::{Content, Entries, Model, direction, metric_name, own_key};
use super::tables::{is_left_out, rows_missing, tables};
use crate::error::Error;
use crate::eval::error::{EvalError, ModelsError};
use crate::eval::rules::MissingRule;
use crate::metric::compare::{
    Better, CompareOptions, Compared, Differences, Pair, ScoreTable, UNEQUAL_GROUPS, Undefined, compare,
};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// What a comparison of models found, as reports arrange it.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// In the order given.
    pub models: Vec<Contender>,
    /// Cases in the order of their names.
    pub cases: Vec<String>,
    /// Keys and names of the classes.
    pub classes: Vec<(String, String)>,
    /// The scores by name, and which way they are better.
    pub metrics: Vec<(String, Better)>,
    /// Tables of scores, metric by metric: the mean of the classes, if there are several, and then the classes.
    pub tables: Vec<ScoreTable>,
    /// What each of them shows.
    pub found: Vec<Compared>,
    /// What was chosen.
    pub choices: Choices,
    /// With the place of the model that others are compared with.
    pub options: CompareOptions,
    /// How many groups the cases form, if any.
    pub groups: Option<usize>,
    /// How far volumes agree with the true ones, class by class and model by model, where results have counts.
    pub agreement: Vec<Agreement>,
    /// Classes that not all models have results of, and who has them.
    pub left_out: Vec<(String, Vec<String>)>,
    /// Scores that were not compared as it is not known which way they are better.
    pub undirected: Vec<String>,
    /// Whether cases seem to be several of one patient.
    pub alike: Option<[String; 2]>,
}

/// A model in a comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct Contender {
    /// What it is called.
    pub name: String,
    /// Where its results come from.
    pub sources: Vec<PathBuf>,
    /// How many cases have a result.
    pub cases: usize,
    /// Cases of others that have none here.
    pub missing: Vec<String>,
    /// Cases with a result, and the names of classes of which others have a row there, and this model has not.
    pub missing_rows: Vec<(String, String)>,
}

impl Contender {
    /// The missing rows as text: the case, and the class in brackets.
    pub fn rows_missing(&self) -> Vec<String> {
        self.missing_rows.iter().map(|(case, class)| format!("{case} ({class})")).collect()
    }

    /// Whether anything that others have is missing here.
    pub fn lacks_results(&self) -> bool {
        !self.missing.is_empty() || !self.missing_rows.is_empty()
    }
}

impl Comparison {
    /// Compares the models.
    ///
    /// # Errors
    /// [`ModelsError`] where there is nothing to compare, or the scores are not of one truth or made by one
    /// rule.
    pub fn new(models: &[Model], choices: Choices) -> Result<Self, EvalError> {
        check_names(models)?;
        let (metrics, undirected) = metrics(models, &choices)?;
        let names: Vec<String> = metrics.iter().map(|(name, _)| name.clone()).collect();
        check_weights(&names, &choices)?;
        check_rules(models, &names)?;
        let (classes, left_out) = classes(models, &choices)?;
        let entries: Vec<Entries> = models.iter().map(|model| model.entries(&names, &classes)).collect();
        check_truth(models, &entries, &classes)?;
        let own: Vec<BTreeSet<String>> = models.iter().map(Model::cases).collect();
        let all: BTreeSet<String> =
            own.iter().cloned().chain(models.iter().map(Model::without_result)).flatten().collect();
        let common: BTreeSet<String> =
            all.iter().filter(|case| own.iter().all(|own| own.contains(*case))).cloned().collect();
        if common.is_empty() {
            return Err(no_case(models, &own).into());
        }
        let cases: Vec<String> = match choices.missing {
            MissingRule::Zero => all.iter().cloned().collect(),
            _ => common.into_iter().collect(),
        };
        let contenders = models.iter().zip(&own).zip(&entries).map(|((model, own), of_model)| Contender {
            name: model.name.clone(),
            sources: model.sources.clone(),
            cases: own.len(),
            missing: all.difference(own).cloned().collect(),
            missing_rows: rows_missing(own, of_model, &entries, &classes),
        });
        let contenders = contenders.collect();
        let groups = choices.groups.as_ref().map(|grouping| numbered(grouping, models, &cases)).transpose()?;
        let tables = tables(&entries, &metrics, &classes, &cases, &choices);
        let left_out_of = |table: &ScoreTable| -> Vec<usize> {
            let class = classes.iter().position(|(key, _)| !table.is_mean && *key == table.class);
            let lacks = |case: &String| class.is_some_and(|class| is_left_out(&entries, case, class, choices.missing));
            (0..cases.len()).filter(|&case| lacks(&cases[case])).collect()
        };
        let options = CompareOptions {
            undefined: match choices.undefined {
                UndefinedRule::Pairwise => Undefined::Pairwise,
                UndefinedRule::Last => Undefined::Last,
                _ => Undefined::Drop,
            },
            against: choices.against.as_ref().map(|name| place_of(models, name)).transpose()?,
            ..choices.options.clone()
        };
        let mut found = compare(&tables, groups.as_deref(), &options).map_err(|error| match error {
            Error::Parameter { name: UNEQUAL_GROUPS, .. } => EvalError::from(ModelsError::UnequalGroups),
            other => other.into(),
        })?;
        for (table, found) in tables.iter().zip(&mut found) {
            found.leave_out(table, &left_out_of(table));
        }
        let alike = if groups.is_none() { alike(&cases) } else { None };
        Ok(Self {
            agreement: agreement(models, &cases, &classes),
            models: contenders,
            classes,
            metrics,
            tables,
            found,
            choices,
            options,
            groups: groups.map(|groups| groups.iter().collect::<BTreeSet<_>>().len()),
            left_out,
            undirected,
            alike,
            cases,
        })
    }

    /// Whether the comparison needs a look: missing cases that no rule allows for, scores that only some models have, a
    /// table without a complete case.
    pub fn has_findings(&self) -> bool {
        let missing = self.models.iter().any(Contender::lacks_results);
        (missing && self.choices.missing == MissingRule::Error)
            || self.found.iter().any(|found| !found.asymmetric.is_empty() || found.complete == 0)
    }

    /// Tables with what they show.
    pub fn rows(&self) -> impl Iterator<Item = (&ScoreTable, &Compared)> {
        self.tables.iter().zip(&self.found)
    }

    /// What a table's class is called.
    pub fn class_name<'a>(&'a self, table: &'a ScoreTable) -> &'a str {
        let named = self.classes.iter().find(|(key, _)| !table.is_mean && *key == table.class);
        named.map_or(&table.class, |(_, name)| name)
    }

    /// The cases that differ most between two models, with the difference, the largest first.
    pub fn changed(&self, table: &ScoreTable, pair: &Pair, most: usize) -> Vec<(&str, f64)> {
        let tau = Differences::of(&table.scores[pair.a], &table.scores[pair.b]).tau();
        let both = table.scores[pair.a].iter().zip(&table.scores[pair.b]).map(|(a, b)| a - b);
        let cases = self.cases.iter().map(String::as_str).zip(both);
        let mut changed: Vec<(&str, f64)> = cases.filter(|(_, d)| d.is_finite() && d.abs() > tau).collect();
        changed.sort_by(|one, other| other.1.abs().total_cmp(&one.1.abs()).then_with(|| one.0.cmp(other.0)));
        changed.truncate(most);
        changed
    }

    /// Scores that are monotone functions of each other, as Dice and IoU are: one fact under two names.
    pub fn same_fact(&self) -> Option<[&str; 2]> {
        let has = |name: &str| self.metrics.iter().any(|(own, _)| own == name);
        [["dice", "iou"]].into_iter().find(|pair| pair.iter().all(|name| has(name)))
    }

    /// What a metric weighs where the ranks of several are averaged.
    pub fn weight(&self, metric: &str) -> f64 {
        self.choices.weights.iter().find(|(name, _)| metric_name(name) == metric).map_or(1.0, |(_, weight)| *weight)
    }

    /// The mean rank of each model over all tables but means, and the ranks of these: every class counts alike, and every
    /// metric by its [`Comparison::weight`].
    pub fn overall(&self) -> Option<(Vec<f64>, Vec<usize>)> {
        let of_classes: Vec<(f64, &Vec<usize>)> = self
            .rows()
            .filter(|(table, _)| !table.is_mean)
            .map(|(table, found)| found.ranking.as_ref().map(|ranking| (self.weight(&table.metric), &ranking.ranks)))
            .collect::<Option<_>>()?;
        if of_classes.len() < 2 {
            return None;
        }
        let weights: f64 = of_classes.iter().map(|(weight, _)| weight).sum();
        let mean =
            |model: usize| of_classes.iter().map(|(weight, ranks)| weight * ranks[model] as f64).sum::<f64>() / weights;
        let means: Vec<f64> = (0..self.models.len()).map(mean).collect();
        let ranks = crate::metric::compare::competition_ranks(&means, Better::Lower);
        Some((means, ranks))
    }
}

fn check_names(models: &[Model]) -> Result<(), ModelsError> {
    if models.len() < 2 {
        return Err(ModelsError::One);
    }
    let mut names = BTreeSet::new();
    match models.iter().find(|model| !names.insert(&model.name)) {
        Some(twice) => Err(ModelsError::NameTwice(twice.name.clone())),
        None => Ok(()),
    }
}

/// Weights of scores that are compared, each once, and above 0.
fn check_weights(metrics: &[String], choices: &Choices) -> Result<(), ModelsError> {
    let mut seen = BTreeSet::new();
    for (name, &weight) in &choices.weights {
        let own = metric_name(name);
        if !metrics.contains(&own) {
            return Err(ModelsError::WeightOf { metric: own, metrics: metrics.to_vec() });
        }
        let is_weight = weight > 0.0 && weight.is_finite();
        if !is_weight || !seen.insert(own.clone()) {
            return Err(ModelsError::Weight { metric: own, weight });
        }
    }
    Ok(())
}

fn place_of(models: &[Model], name: &str) -> Result<usize, ModelsError> {
    let found = models.iter().position(|model| model.name == name);
    found.ok_or_else(|| ModelsError::Unknown {
        name: name.into(),
        models: models.iter().map(|model| model.name.clone()).collect(),
    })
}

/// Scores, and which way they are better.
type Directed = Vec<(String, Better)>;

/// What is compared, and what would have been if its direction were known.
fn metrics(models: &[Model], choices: &Choices) -> Result<(Directed, Vec<String>), ModelsError> {
    let directions: BTreeMap<String, Better> =
        choices.directions.iter().map(|(name, better)| (metric_name(name), *better)).collect();
    let better = |name: &str| directions.get(name).copied().or_else(|| direction(name));
    let fault = |name: &str| models.iter().find_map(|model| model.fault(name));
    let mut found: Vec<(String, Better)> = Vec::new();
    if let Some(wanted) = &choices.metrics {
        for name in wanted.iter().map(|name| metric_name(name)) {
            if let Some(fault) = fault(&name) {
                return Err(fault);
            }
            if let Some(model) = models.iter().find(|model| !model.has(&name)) {
                let has = model.metrics();
                return Err(ModelsError::Lacks { model: model.name.clone(), metric: name, has });
            }
            let better = better(&name).ok_or_else(|| ModelsError::NoDirection(name.clone()))?;
            if !found.iter().any(|(own, _)| *own == name) {
                found.push((name, better));
            }
        }
        return Ok((found, Vec::new()));
    }
    let shown = models.first().map(Model::metrics).unwrap_or_default();
    let (known, unknown): (Vec<String>, Vec<String>) = shown
        .into_iter()
        .filter(|name| models.iter().all(|model| model.has(name)))
        .partition(|name| better(name).is_some());
    if let Some(fault) = known.iter().chain(choices.directions.keys()).find_map(|name| fault(&metric_name(name))) {
        return Err(fault);
    }
    // What groups the cases is no score, though it be a number.
    let is_group =
        |name: &String| matches!(&choices.groups, Some(Grouping::Column(column)) if metric_name(column) == *name);
    let unknown: Vec<String> = unknown.into_iter().filter(|name| !is_group(name)).collect();
    found.extend(known.into_iter().filter_map(|name| Some((name.clone(), better(&name)?))));
    match (found.is_empty(), unknown.first()) {
        (true, Some(name)) => Err(ModelsError::NoDirection(name.clone())),
        (true, None) => Err(ModelsError::NoMetric {
            has: models.iter().map(|model| (model.name.clone(), model.metrics())).collect(),
        }),
        (false, _) => Ok((found, unknown)),
    }
}

/// Keys and names.
type Classes = Vec<(String, String)>;

/// Classes that only some models have, and who has them.
type LeftOut = Vec<(String, Vec<String>)>;

/// Classes that all models have, in the order of the first; and those that only some have, with who has them.
fn classes(models: &[Model], choices: &Choices) -> Result<(Classes, LeftOut), ModelsError> {
    let own: Vec<(Classes, bool)> = models.iter().map(Model::classes).collect();
    let mut all: Classes = Vec::new();
    for (key, name) in own.iter().flat_map(|(classes, _)| classes) {
        match all.iter_mut().find(|(known, _)| known == key) {
            // The name comes from a model that has one.
            Some(known) if known.1 == known.0 => known.1.clone_from(name),
            Some(_) => {}
            None => all.push((key.clone(), name.clone())),
        }
    }
    // What one model calls by the name that another has for a label.
    let named: Vec<(String, String)> = all.iter().filter(|(key, name)| key != name).cloned().collect();
    let is_name =
        |key: &String| named.iter().any(|(label, name)| name == key && label != key && key.parse::<u64>().is_err());
    all.retain(|(key, name)| key != name || !is_name(key));
    // Labels in their order, whichever model has them.
    all.sort_by_key(|(key, _)| key.parse::<u32>().map_or(u32::MAX, |label| label));
    if let Some(only) = &choices.classes {
        all.retain(|(key, name)| only.iter().any(|own| own == key || own == name));
    }
    let has = |(classes, open): &(Classes, bool), class: &(String, String)| *open || own_key(classes, class).is_some();
    let (kept, left): (Classes, Classes) = all.into_iter().partition(|class| own.iter().all(|own| has(own, class)));
    if kept.is_empty() {
        let list = |model: usize| own[model].0.iter().map(|(_, name)| name.clone()).collect();
        let other = (1..models.len()).find(|&model| own[0].0.iter().all(|class| !has(&own[model], class))).unwrap_or(1);
        return Err(ModelsError::NoClass {
            models: [models[0].name.clone(), models[other].name.clone()],
            classes: [list(0), list(other)],
        });
    }
    let who = |class: &(String, String)| -> Vec<String> {
        models.iter().zip(&own).filter(|(_, own)| has(own, class)).map(|(model, _)| model.name.clone()).collect()
    };
    let left = left.into_iter().map(|class| (class.1.clone(), who(&class))).collect();
    Ok((kept, left))
}

/// Two models without a common case, or the first two.
fn no_case(models: &[Model], own: &[BTreeSet<String>]) -> ModelsError {
    let apart = (0..own.len()).flat_map(|a| (a + 1..own.len()).map(move |b| [a, b]));
    let pair = apart.into_iter().find(|&[a, b]| own[a].is_disjoint(&own[b])).unwrap_or([0, 1]);
    ModelsError::NoCase {
        models: pair.map(|model| models[model].name.clone()),
        cases: pair.map(|model| own[model].first().cloned().unwrap_or_else(|| "none".into())),
    }
}

/// The number of each case's group, in the order of the cases.
fn numbered(grouping: &Grouping, models: &[Model], cases: &[String]) -> Result<Vec<usize>, ModelsError> {
    if let Grouping::Column(name) = grouping {
        let has = |model: &Model| matches!(&model.content, Content::Listed(listed) if listed.texts.contains_key(name));
        if !models.iter().any(has) {
            return Err(ModelsError::NoColumn(name.clone()));
        }
    }
    let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
    let mut of_case = |case: &String| {
        let column = |name: &str| -> BTreeSet<String> {
            let texts = models.iter().filter_map(|model| match &model.content {
                Content::Listed(listed) => listed.texts.get(name)?.get(case),
                Content::Counted { .. } => None,
            });
            texts.flatten().cloned().collect()
        };
        let next = numbers.len();
        Ok(*numbers.entry(grouping.of(case, column)?).or_insert(next))
    };
    cases.iter().map(&mut of_case).collect()
}

/// Two cases whose names have a stem in common and differ in what follows a `_` or `-`, where most cases have such a
/// twin: they may be of one patient.
fn alike(cases: &[String]) -> Option<[String; 2]> {
    let stem = |name: &str| {
        name.rsplit_once(['_', '-'])
            .map(|(stem, _)| stem.to_owned())
            .filter(|stem| stem.chars().any(|c| c.is_ascii_digit()))
    };
    let mut of_stem: BTreeMap<String, Vec<&String>> = BTreeMap::new();
    for case in cases {
        if let Some(stem) = stem(case) {
            of_stem.entry(stem).or_default().push(case);
        }
    }
    let twins = of_stem.values().filter(|names| names.len() > 1);
    let count: usize = twins.clone().map(Vec::len).sum();
    // One stem for all is the name of the data set.
    let [one, other] = twins.clone().next()?[..].get(..2)? else { return None };
    (of_stem.len() > 1 && 2 * count > cases.len()).then(|| [(*one).clone(), (*other).clone()])
}
