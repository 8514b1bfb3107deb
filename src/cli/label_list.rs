//! Lists of labels such as `1,2,5-9`.

use crate::eval::parse_labels;
use std::str::FromStr;

/// Sorted labels, each once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LabelList(pub Vec<u32>);

impl FromStr for LabelList {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let labels = parse_labels(text, &(0..=u32::MAX.into())).map_err(|error| error.to_string())?;
        Ok(Self(labels.into_iter().filter_map(|label| label.try_into().ok()).collect()))
    }
}
