//! Models joined case by case and class by class, and the results of comparing them.

use super::agreement::{Agreement, agreement};
use super::checks::{check_rules, check_truth};
use super::choices::{Choices, UndefinedRule};
use super::classes::classes;
use super::groups::{alike, numbered};
use super::metrics::{check_weights, metrics};
use super::model::{Entries, Model, metric_name};
use super::tables::{Rows, rows_missing, tables};
use crate::error::Error;
use crate::eval::error::{EvalError, ModelsError};
use crate::eval::rules::MissingRule;
use crate::eval::score::Score;
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
    /// What tables call the scores, by their names: with the unit of their definition.
    pub titles: BTreeMap<String, String>,
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
        let rows = Rows::of(&entries, &cases, choices.missing);
        let tables = tables(&rows, &metrics, &classes, cases.len(), &choices);
        let left_out_of = |table: &ScoreTable| -> Vec<usize> {
            let class = classes.iter().position(|(key, _)| !table.is_mean && *key == table.class);
            class.map_or(Vec::new(), |class| (0..cases.len()).filter(|&case| rows.is_left_out(case, class)).collect())
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
            titles: titles(models, &names),
            undirected,
            alike,
            cases,
        })
    }

    /// A score as tables name it.
    pub fn title(&self, metric: &str) -> String {
        self.titles.get(metric).map_or(metric, String::as_str).to_owned()
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

    /// The two models in the order of their differences, where there are two.
    pub(crate) fn two(&self) -> Option<[usize; 2]> {
        let pair = self.found.iter().find_map(|row| row.pairs.first()).filter(|_| self.models.len() == 2)?;
        Some([pair.a, pair.b])
    }

    /// What a table's class is called.
    pub fn class_name<'a>(&'a self, table: &'a ScoreTable) -> &'a str {
        let named = self.classes.iter().find(|(key, _)| !table.is_mean && *key == table.class);
        named.map_or(&table.class, |(_, name)| name)
    }

    /// What a table is of, in a sentence, in which a bare number would be read as a value.
    pub(crate) fn class_in_words(&self, table: &ScoreTable) -> String {
        match self.class_name(table) {
            _ if table.is_mean => "all classes".into(),
            name if name.parse::<f64>().is_ok() => format!("class {name}"),
            name => name.to_owned(),
        }
    }

    /// The difference of two models in each case; NaN where the case does not count for them.
    pub(crate) fn differences(&self, table: &ScoreTable, pair: &Pair) -> Vec<f64> {
        let finite = |model: usize, case: usize| table.scores[model][case].is_finite();
        let counts = |case: usize| match self.options.undefined {
            Undefined::Pairwise => finite(pair.a, case) && finite(pair.b, case),
            Undefined::Drop | Undefined::Last => (0..table.scores.len()).all(|model| finite(model, case)),
        };
        let both = table.scores[pair.a].iter().zip(&table.scores[pair.b]).map(|(a, b)| a - b).enumerate();
        both.map(|(case, d)| if counts(case) && d.is_finite() { d } else { f64::NAN }).collect()
    }

    /// The cases that count and differ most between two models, with the difference, the largest first.
    pub fn changed(&self, table: &ScoreTable, pair: &Pair, most: usize) -> Vec<(&str, f64)> {
        let tau = Differences::of(&table.scores[pair.a], &table.scores[pair.b]).tau();
        let cases = self.cases.iter().map(String::as_str).zip(self.differences(table, pair));
        let mut changed: Vec<(&str, f64)> = cases.filter(|(_, d)| d.abs() > tau).collect();
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
            .map(|(table, found)| {
                let ranks = &found.ranking.as_ref()?.ranks;
                (ranks.len() == self.models.len()).then_some((self.weight(&table.metric), ranks))
            })
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

fn place_of(models: &[Model], name: &str) -> Result<usize, ModelsError> {
    let found = models.iter().position(|model| model.name == name);
    found.ok_or_else(|| ModelsError::Unknown {
        name: name.into(),
        models: models.iter().map(|model| model.name.clone()).collect(),
    })
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

/// Titles of scores. All models have one definition; tables of CSV do not say which.
fn titles(models: &[Model], names: &[String]) -> BTreeMap<String, String> {
    let rules = models.iter().find_map(Model::evaluation).map(|(evaluation, _)| &evaluation.rules);
    let title = |name: &String| {
        let score: Score = name.parse().ok()?;
        Some((name.clone(), rules.map_or_else(|| score.title(), |rules| rules.title(score))))
    };
    names.iter().filter_map(title).collect()
}
