//! STUB
use std::path::{Path, PathBuf};
#[derive(Debug, Clone)]
pub(in crate::cli) struct CaseRegex;
impl std::str::FromStr for CaseRegex { type Err = String; fn from_str(_: &str) -> Result<Self, String> { Ok(Self) } }
pub(in crate::cli) struct Request<'a> { pub truth: &'a Path, pub pred: &'a Path, pub regex: Option<&'a CaseRegex>, pub pairs: Option<&'a Path> }
#[derive(Debug, Clone)]
pub(in crate::cli) enum Source { File(PathBuf), Masks { folder: PathBuf, files: Vec<(String, PathBuf)> } }
impl Source { pub fn path(&self) -> &Path { match self { Self::File(p) => p, Self::Masks { folder, .. } => folder } } }
#[derive(Debug, Clone)]
pub(in crate::cli) struct CasePair { pub name: String, pub truth: Source, pub pred: Source }
#[derive(Debug, Clone)]
pub(in crate::cli) struct Lone { pub name: String, pub source: Source }
pub(in crate::cli) struct Pairing { pub pairs: Vec<CasePair>, pub missing: Vec<Lone>, pub extra: Vec<Lone>, pub ignored: usize }
pub(in crate::cli) fn pair(_: &Request<'_>) -> anyhow::Result<Pairing> { anyhow::bail!("stub") }
pub(in crate::cli) fn case_name(_: &Path) -> String { String::new() }
