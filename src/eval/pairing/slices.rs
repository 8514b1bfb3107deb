//! In which order pictures are the slices of a volume: their names say it, or it is not known.

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

/// The places of these names in the order of the one number in which they differ.
///
/// # Errors
/// In words, where no number or more than one tells them apart, or one is missing.
pub(super) fn order(names: &[String]) -> Result<Vec<usize>, String> {
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
    let at = match varying[..] {
        [at] => at,
        [] if names.len() == 1 => return Ok(vec![0]),
        [] => return Err(format!("{} and {} have the same number; keep one of them", names[0], names[1])),
        _ => return Err(format!("{} numbers of their names differ; let one say the slice", varying.len())),
    };
    let mut order: Vec<usize> = (0..names.len()).collect();
    order.sort_by_key(|&place| all[place].1[at]);
    let steps = || order.windows(2).map(|pair| (pair, all[pair[1]].1[at] - all[pair[0]].1[at]));
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
}
