//! In which order pictures are the slices of a volume: their names say it, or it is not known.

use crate::io::Input;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A name as words and the numbers between them, without its ending.
fn parts(name: &str) -> (Vec<String>, Vec<u128>) {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let (mut words, mut numbers, mut rest) = (Vec::new(), Vec::new(), stem);
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (word, behind) = rest.split_at(start);
        let end = behind.find(|c: char| !c.is_ascii_digit()).unwrap_or(behind.len());
        let (number, after) = behind.split_at(end);
        words.push(word.to_lowercase());
        // Of more than 38 digits: names with such numbers have no order, and are told that theirs are the same.
        numbers.push(number.parse().unwrap_or(u128::MAX));
        rest = after;
    }
    words.push(rest.to_lowercase());
    (words, numbers)
}

/// The one number of each of these names in which they differ.
fn numbers(names: &[String]) -> Result<Vec<u128>, String> {
    let all: Vec<(Vec<String>, Vec<u128>)> = names.iter().map(|name| parts(name)).collect();
    let Some((words, first)) = all.first() else { return Ok(Vec::new()) };
    if let Some(place) = all.iter().position(|(own, numbers)| own != words || numbers.len() != first.len()) {
        return Err(format!(
            "{} and {} differ in more than a number; name all in one way, such as slice_001",
            names[0], names[place]
        ));
    }
    let varying: Vec<usize> =
        (0..first.len()).filter(|&at| all.iter().any(|(_, numbers)| numbers[at] != first[at])).collect();
    match varying[..] {
        [at] => Ok(all.iter().map(|(_, numbers)| numbers[at]).collect()),
        [] if names.len() == 1 => Ok(vec![0]),
        [] => Err(format!("{} and {} have the same number; keep one of them", names[0], names[1])),
        _ => Err(format!("{} numbers of their names differ; let one say the slice", varying.len())),
    }
}

/// The places of these names in the order of their numbers.
///
/// # Errors
/// In words, where no number or more than one tells them apart, or one is missing.
pub(crate) fn order(names: &[String]) -> Result<Vec<usize>, String> {
    let numbers = numbers(names)?;
    let mut order: Vec<usize> = (0..names.len()).collect();
    order.sort_by_key(|&place| numbers[place]);
    let steps = || order.windows(2).map(|pair| (pair, numbers[pair[1]] - numbers[pair[0]]));
    if let Some((pair, _)) = steps().find(|(_, step)| *step == 0) {
        return Err(format!("{} and {} have the same number; keep one of them", names[pair[0]], names[pair[1]]));
    }
    let step = steps().map(|(_, step)| step).min().unwrap_or(1);
    match steps().find(|(_, own)| *own != step) {
        Some((pair, _)) => Err(format!(
            "{} is followed by {}, and others are {step} apart: a slice is missing; add it, or number the slices anew",
            names[pair[0]], names[pair[1]]
        )),
        None => Ok(order),
    }
}

/// The first slice of either volume that the other one lacks, by their numbers, and the folder of the other. A volume of one
/// slice, or one whose names say nothing, has no numbers.
pub(crate) fn without_counterpart(sides: [&Input; 2]) -> Option<(PathBuf, PathBuf)> {
    let numbered = |side: &Input| -> Option<BTreeMap<u128, PathBuf>> {
        let paths = side.slice_paths().filter(|paths| paths.len() > 1)?;
        let name = |path: &&Path| Some(path.file_name()?.to_string_lossy().into_owned());
        let names: Vec<String> = paths.iter().map(name).collect::<Option<_>>()?;
        Some(numbers(&names).ok()?.into_iter().zip(paths.iter().map(|path| path.to_path_buf())).collect())
    };
    let [one, other] = [numbered(sides[0])?, numbered(sides[1])?];
    let lone = |own: &BTreeMap<u128, PathBuf>, others: &BTreeMap<u128, PathBuf>| {
        own.iter().find(|(number, _)| !others.contains_key(number)).map(|(_, path)| path.clone())
    };
    let in_other = lone(&one, &other).map(|slice| (slice, sides[1].path().to_path_buf()));
    in_other.or_else(|| lone(&other, &one).map(|slice| (slice, sides[0].path().to_path_buf())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(names: &[&str]) -> Result<Vec<usize>, String> {
        order(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn one_number_is_the_order() {
        assert_eq!(of(&["case2_10.png", "case2_9.png", "case2_8.PNG"]).unwrap(), [2, 1, 0]);
        assert_eq!(of(&["Slice_2.png", "slice_1.png"]).unwrap(), [1, 0]);
        assert_eq!(of(&["a10.png", "a30.png", "a20.png"]).unwrap(), [0, 2, 1]);
        assert_eq!(of(&["only.png"]).unwrap(), [0]);
        assert_eq!(of(&[]).unwrap(), [0; 0]);
    }

    #[test]
    fn what_has_no_order_is_told() {
        for (names, part) in [
            (&["1.png", "2.png", "4.png"][..], "2.png is followed by 4.png"),
            (&["1.png", "01.png"], "the same number"),
            (&["1.png", "01.png", "2.png"], "the same number"),
            (&["1.png", "2.png", "02.png"], "the same number"),
            (&["a.png", "b.png"], "more than a number"),
            (&["z_-1.png", "z_1.png"], "more than a number"),
            (&["z_0.5.png", "z_1.25.png"], "2 numbers"),
            (&["1_1.png", "1_2.png", "2_1.png"], "2 numbers"),
        ] {
            let fault = of(names).unwrap_err();
            assert!(fault.contains(part), "{names:?}: {fault}");
        }
    }

    #[test]
    fn slices_belong_together_by_their_numbers() {
        let volume = |folder: &str, numbers: std::ops::Range<usize>| {
            Input::slices(folder, numbers.map(|n| Input::from(format!("{folder}/slice_{n}.png"))))
        };
        let lone = |a: std::ops::Range<usize>, b: std::ops::Range<usize>| {
            let found = without_counterpart([&volume("t", a), &volume("p", b)])?;
            Some((found.0.display().to_string(), found.1.display().to_string()))
        };
        assert_eq!(lone(0..12, 0..12), None);
        assert_eq!(lone(0..19, 1..20), Some(("t/slice_0.png".into(), "p".into())));
        assert_eq!(lone(0..19, 0..20), Some(("p/slice_19.png".into(), "t".into())));
        // One slice says nothing of its number, and neither does a volume that is no folder of slices.
        assert_eq!(lone(0..1, 5..6), None);
        assert_eq!(without_counterpart([&volume("t", 0..3), &Input::from("p.tif")]), None);
    }
}
