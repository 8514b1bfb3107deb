//! What is scored: a label, a region of several labels, or a mask with a name.

use serde::{Deserialize, Serialize};

/// One class of a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Class {
    /// As nnU-Net's summary.json names it: `3`, `(1, 2)`, `(3,)`; of a mask its own name.
    pub key: String,
    /// What tables call it, if not by its key.
    pub name: Option<String>,
    /// The labels of a label map that make up the class; none for a mask.
    pub labels: Vec<u32>,
}

impl Class {
    /// A single label.
    pub fn label(label: u32) -> Self {
        Self { key: label.to_string(), name: None, labels: vec![label] }
    }

    /// A union of labels, in the order that they were named in.
    pub fn region(labels: Vec<u32>) -> Self {
        let listed = labels.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
        // As Python prints a tuple.
        let key = if labels.len() == 1 { format!("({listed},)") } else { format!("({listed})") };
        Self { key, name: None, labels }
    }

    /// The voxels of a mask that are not 0.
    pub fn mask(name: String) -> Self {
        Self { key: name.clone(), name: Some(name), labels: Vec::new() }
    }

    /// With this name.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// As tables show it.
    pub fn display(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.key)
    }

    /// Its key, and what tables show.
    pub(crate) fn key_and_name(&self) -> (String, String) {
        (self.key.clone(), self.display().to_owned())
    }

    /// Label 0, which is in no mean over the foreground.
    pub fn is_background(&self) -> bool {
        self.labels == [0]
    }

    /// The class that a key of a summary stands for.
    pub fn of_key(key: &str) -> Self {
        if let Ok(label) = key.parse() {
            return Self::label(label);
        }
        let inside = key.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
        let labels =
            inside.map(|list| list.trim_end_matches(',').split(',').map(|label| label.trim().parse()).collect());
        match labels {
            Some(Ok(labels)) => Self::region(labels),
            _ => Self::mask(key.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_those_of_python() {
        assert_eq!(Class::label(7).key, "7");
        assert_eq!(Class::region(vec![1, 3, 2]).key, "(1, 3, 2)");
        assert_eq!(Class::region(vec![3]).key, "(3,)");
        for class in [Class::label(7), Class::region(vec![1, 3]), Class::region(vec![3]), Class::mask("liver".into())] {
            assert_eq!(Class::of_key(&class.key), class);
        }
        assert_eq!(Class::of_key("(1, x)"), Class::mask("(1, x)".into()));
    }

    #[test]
    fn only_label_0_is_background() {
        assert!(Class::label(0).is_background());
        assert!(!Class::label(1).is_background() && !Class::region(vec![0, 1]).is_background());
    }
}
