//! The values of a call by the keywords of its class.

use super::{Argument, Literal, Result};
use crate::error::CallError;

/// The arguments of a class, or of a dictionary among its arguments, by keyword.
#[derive(Debug, Clone)]
pub(in crate::metric) struct Arguments<'a> {
    /// What takes them, for errors.
    of: String,
    /// Where it stands.
    at: usize,
    keywords: &'static [&'static str],
    given: Vec<(&'static str, &'a Argument)>,
}

/// Weights of classes.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::metric) enum Weights {
    /// A number for all.
    Same(f64),
    Each(Vec<f64>),
}

impl<'a> Arguments<'a> {
    /// Finds the keyword of each argument: the given one, or that of its position.
    pub fn bind(of: &str, at: usize, keywords: &'static [&'static str], arguments: &'a [Argument]) -> Result<Self> {
        let mut bound = Self { of: of.into(), at, keywords, given: Vec::new() };
        for (place, argument) in arguments.iter().enumerate() {
            let fails = |fact| Err(CallError { at: argument.at, fact });
            let keyword = match &argument.keyword {
                Some(keyword) => keywords.iter().find(|known| *known == keyword),
                None if arguments[..place].iter().any(|earlier| earlier.keyword.is_some()) => {
                    return fails("a value without a keyword stands behind one with a keyword".into());
                }
                None => keywords.get(place),
            };
            let Some(keyword) = keyword else {
                return fails(match &argument.keyword {
                    Some(keyword) => format!("{of} has no {}", unknown(keyword, keywords)),
                    None => format!("{of} takes {} values at most: {}", keywords.len(), keywords.join(", ")),
                });
            };
            if bound.find(keyword).is_some() {
                return fails(format!("{keyword} is given twice"));
            }
            bound.given.push((keyword, argument));
        }
        Ok(bound)
    }

    fn find(&self, keyword: &str) -> Option<&'a Argument> {
        self.given.iter().find(|(known, _)| *known == keyword).map(|(_, argument)| *argument)
    }

    /// The value, unless it is `None` or left out.
    fn value(&self, keyword: &str) -> Option<&'a Literal> {
        self.find(keyword).map(|argument| &argument.value).filter(|value| **value != Literal::None)
    }

    /// The name of what takes them.
    pub fn class(&self) -> &str {
        &self.of
    }

    /// The error for a value that is not what it must be.
    pub fn wrong(&self, keyword: &str, range: &str) -> CallError {
        let at = self.find(keyword).map_or(self.at, |argument| argument.at);
        CallError { at, fact: format!("{keyword} of {} must be {range}", self.of) }
    }

    /// The error for inputs of the class other than its keywords, such as a mask.
    pub fn refusal(&self, fact: &str) -> CallError {
        CallError { at: self.at, fact: format!("{} {fact}", self.of) }
    }

    /// Whether the keyword is there, if only as `None`.
    pub fn is_given(&self, keyword: &str) -> bool {
        self.find(keyword).is_some()
    }

    /// Whether the class has the keyword.
    pub fn knows(&self, keyword: &str) -> bool {
        self.keywords.contains(&keyword)
    }

    fn read<T>(&self, keyword: &str, range: &str, read: impl Fn(&'a Literal) -> Option<T>) -> Result<Option<T>> {
        self.value(keyword).map(|value| read(value).ok_or_else(|| self.wrong(keyword, range))).transpose()
    }

    pub fn flag(&self, keyword: &str, default: bool) -> Result<bool> {
        let read = |value: &Literal| match value {
            Literal::Bool(flag) => Some(*flag),
            Literal::Number(number) if [0.0, 1.0].contains(number) => Some(*number == 1.0),
            _ => None,
        };
        Ok(self.read(keyword, "True or False", read)?.unwrap_or(default))
    }

    pub fn number(&self, keyword: &str, default: f64) -> Result<f64> {
        Ok(self.some_number(keyword)?.unwrap_or(default))
    }

    pub fn some_number(&self, keyword: &str) -> Result<Option<f64>> {
        self.read(keyword, "a number", number)
    }

    /// A number of at least 0.
    pub fn size(&self, keyword: &str, default: f64) -> Result<f64> {
        let size = self.number(keyword, default)?;
        if size >= 0.0 { Ok(size) } else { Err(self.wrong(keyword, "at least 0")) }
    }

    /// A whole number, such as a label.
    pub fn whole(&self, keyword: &str) -> Result<Option<i64>> {
        self.read(keyword, "a whole number", whole)
    }

    /// Whole numbers, one or a list.
    pub fn wholes(&self, keyword: &str) -> Result<Option<Vec<i64>>> {
        self.read(keyword, "a whole number or a list of them", |value| match value {
            Literal::List(list) => list.iter().map(whole).collect(),
            value => Some(vec![whole(value)?]),
        })
    }

    /// Weights of at least 0: a number, or a list, which may have axes of length 1 as `[[[1]], [[2]]]` has.
    pub fn weights(&self, keyword: &str) -> Result<Option<Weights>> {
        self.read(keyword, "a number of at least 0 or a list of them", |value| {
            let mut numbers = Vec::new();
            flatten(value, &mut numbers)?;
            Some(match value {
                Literal::List(_) => Weights::Each(numbers),
                _ => Weights::Same(numbers[0]),
            })
        })
    }

    /// One of these names, as a string or as a constant such as `LossReduction.MEAN`.
    pub fn choice<T: Copy>(&self, keyword: &str, known: &[(&str, T)]) -> Result<Option<T>> {
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        self.read(keyword, &format!("one of {}", names.join(", ")), |value| {
            let name = match value {
                Literal::Text(text) => text.as_str(),
                Literal::Name(name) => name.rsplit('.').next()?,
                _ => return None,
            };
            known.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
        })
    }

    /// A name, of a class or of a function, or the same in quotation marks.
    pub fn name(&self, keyword: &str) -> Result<Option<&'a str>> {
        self.read(keyword, "a name", |value| match value {
            Literal::Text(name) | Literal::Name(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// The arguments in a dictionary; none where it is left out.
    pub fn dict(&self, keyword: &str, keywords: &'static [&'static str]) -> Result<Self> {
        let entries = self.read(keyword, "a dictionary", |value| match value {
            Literal::Dict(entries) => Some(entries.as_slice()),
            _ => None,
        })?;
        let at = self.find(keyword).map_or(self.at, |argument| argument.at);
        Self::bind(&format!("{keyword} of {}", self.of), at, keywords, entries.unwrap_or_default())
    }

    /// Refuses a value other than `None` or `False`, and says what to do.
    pub fn refuse(&self, keyword: &str, remedy: &str) -> Result<()> {
        match self.value(keyword) {
            None | Some(Literal::Bool(false)) => Ok(()),
            Some(_) => Err(self.wrong(keyword, &format!("left out: {remedy}"))),
        }
    }
}

fn number(value: &Literal) -> Option<f64> {
    match value {
        Literal::Number(number) => Some(*number),
        _ => None,
    }
}

fn whole(value: &Literal) -> Option<i64> {
    number(value).filter(|number| number.trunc() == *number && number.abs() < 2f64.powi(53)).map(|number| number as i64)
}

/// The numbers of a list of lists.
fn flatten(value: &Literal, into: &mut Vec<f64>) -> Option<()> {
    match value {
        Literal::List(list) => list.iter().try_for_each(|value| flatten(value, into)),
        value => {
            into.push(number(value).filter(|number| *number >= 0.0)?);
            Some(())
        }
    }
}

/// The unknown name, the most similar known name, and all known names.
pub(in crate::metric) fn unknown(name: &str, known: &[&str]) -> String {
    let holds = |known: &str| known.to_lowercase().contains(&name.to_lowercase());
    // Letters to change, add or leave out.
    let distance = |known: &str| strsim::levenshtein(&name.to_lowercase(), &known.to_lowercase());
    let likely = known.iter().filter(|known| holds(known) || distance(known) <= 3);
    let nearest = likely.min_by_key(|known| distance(known));
    let hint = nearest.map_or(String::new(), |nearest| format!(" (did you mean {nearest}?)"));
    format!("{name}{hint}; known are {}", known.join(", "))
}
