//! The scores that `--metrics` can name.

use crate::stats::Counts;
use crate::{Empty, metric};
use std::str::FromStr;

/// A score of one label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Score {
    Dice,
    Iou,
}

impl Score {
    pub const ALL: [Self; 2] = [Self::Dice, Self::Iou];

    /// As it is named on the command line and in CSV.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dice => "dice",
            Self::Iou => "iou",
        }
    }

    /// As tables and nnU-Net name it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Dice => "Dice",
            Self::Iou => "IoU",
        }
    }

    pub fn of(self, counts: &Counts, empty: Empty) -> f64 {
        match self {
            Self::Dice => metric::dice(counts, empty),
            Self::Iou => metric::iou(counts, empty),
        }
    }
}

/// The scores to show, in the order they were named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ScoreList(pub Vec<Score>);

impl FromStr for ScoreList {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut list = Vec::new();
        for name in text.split(',').map(str::trim) {
            let named: Vec<Score> = Score::ALL.into_iter().filter(|s| name == "all" || s.name() == name).collect();
            if named.is_empty() {
                let known = Score::ALL.map(Score::name).join(", ");
                return Err(format!("`{name}` is no metric; known are {known} and all"));
            }
            for score in named {
                if !list.contains(&score) {
                    list.push(score);
                }
            }
        }
        Ok(Self(list))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_keep_their_order_and_name_what_is_known() {
        assert_eq!("iou,dice".parse(), Ok(ScoreList(vec![Score::Iou, Score::Dice])));
        assert_eq!("dice, all".parse(), Ok(ScoreList(vec![Score::Dice, Score::Iou])));
        let message = "dice,hausdorff".parse::<ScoreList>().unwrap_err();
        assert_eq!(message, "`hausdorff` is no metric; known are dice, iou and all");
    }
}
