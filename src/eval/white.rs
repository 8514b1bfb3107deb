//! Whether 255 is white in the grey pictures of a run, or a number. This is decided for all cases together: among
//! label maps with 255 for what is to be ignored, one may hold nothing but 0 and 255.

use super::pairing::{Pairing, Source};
use super::rules::Rules;
use crate::io::labels::{Shades, White, shades};
use crate::io::{Input, is_picture};

/// What 255 is in all of them: a number where one picture holds other numbers than 0, 1 and 255, or 1 beside 255.
pub(super) fn of_all(pairing: &Pairing, rules: &Rules) -> White {
    if rules.white == White::Number || rules.name_white() {
        return White::Number;
    }
    let truths = pairing.pairs.iter().map(|pair| &pair.truth).chain(pairing.missing.iter().map(|lone| &lone.source));
    // A threshold makes a mask of a prediction whatever it holds.
    let preds = pairing.pairs.iter().map(|pair| &pair.pred).filter(|_| rules.threshold.is_none());
    let mut pictures = truths.chain(preds).filter_map(picture);
    let others = pictures.any(|input| matches!(shades(input), Ok(Some(Shades::Others))));
    if others { White::Number } else { White::One }
}

fn picture(source: &Source) -> Option<&Input> {
    match source {
        Source::File(input) if input.slice_paths().is_some() || is_picture(input.path()) => Some(input),
        _ => None,
    }
}
