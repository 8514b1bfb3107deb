//! STUB
use super::EmptyRule; use super::class::Class; use crate::metric::TruthEmpty;
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(in crate::cli) enum Like { Nnunet }
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::cli) enum Means { #[default] ClassesOfCases, CasesOfClasses }
impl Means { pub fn in_words(self) -> &'static str { "" } }
impl Like { pub fn empty(self) -> EmptyRule { EmptyRule::Nan } pub fn truth_empty(self) -> TruthEmpty { TruthEmpty::Formula } pub fn means(self) -> Means { Means::ClassesOfCases } pub fn classes(self) -> Option<Vec<Class>> { None } pub fn name(self) -> &'static str { "nnunet" } }
