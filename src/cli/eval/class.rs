//! STUB
use std::str::FromStr;
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct Class { pub key: String, pub name: Option<String>, pub labels: Vec<u32> }
impl Class {
    pub fn label(label: u32) -> Self { Self { key: label.to_string(), name: None, labels: vec![label] } }
    pub fn mask(name: String) -> Self { Self { key: name.clone(), name: Some(name), labels: vec![] } }
    pub fn named(mut self, name: impl Into<String>) -> Self { self.name = Some(name.into()); self }
    pub fn display(&self) -> &str { self.name.as_deref().unwrap_or(&self.key) }
    pub fn is_background(&self) -> bool { self.labels == [0] }
    pub fn of_key(key: &str) -> Self { Self { key: key.into(), name: None, labels: vec![] } }
}
#[derive(Debug, Clone)]
pub(in crate::cli) struct RegionFlag(pub Class);
impl FromStr for RegionFlag { type Err = String; fn from_str(t: &str) -> Result<Self, String> { Ok(Self(Class::of_key(t))) } }
