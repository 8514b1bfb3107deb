//! Which names are a class: pure, over names alone.

use crate::eval::class::Class;

/// The names that make up a class: its own, or of a region that nothing is called after those of its labels. Empty where
/// there is none.
pub(crate) fn parts<'a>(class: &'a Class, classes: &'a [Class], has: impl Fn(&str) -> bool) -> Vec<&'a str> {
    if has(class.display()) {
        return vec![class.display()];
    }
    let labels: Option<Vec<&str>> = class.labels.iter().map(|label| name_of(*label, classes)).collect();
    labels.filter(|names| names.iter().any(|name| has(name))).unwrap_or_default()
}

/// What a label is called.
fn name_of(label: u32, classes: &[Class]) -> Option<&str> {
    classes.iter().find(|class| class.labels == [label])?.name.as_deref()
}

/// Words at the end of a name that say what the file is, not what is in it.
const WHAT: [&str; 5] = ["_mask", "_seg", "_segmentation", "_label", "_labels"];

/// A name without such a word.
pub(crate) fn plain(name: &str) -> &str {
    let shorter = WHAT.iter().find_map(|word| name.strip_suffix(word));
    shorter.filter(|shorter| !shorter.is_empty()).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_called_so_or_is_its_labels() {
        let classes = [
            Class::label(1).named("liver"),
            Class::label(2).named("tumor"),
            Class::region(vec![1, 2]).named("all"),
            Class::region(vec![1, 9]).named("more"),
        ];
        let of = |class: &Class, names: &[&str]| -> Vec<String> {
            parts(class, &classes, |name| names.contains(&name)).into_iter().map(str::to_owned).collect()
        };
        assert_eq!(of(&classes[0], &["liver"]), ["liver"]);
        assert_eq!(of(&classes[2], &["all", "liver", "tumor"]), ["all"]);
        assert_eq!(of(&classes[2], &["tumor"]), ["liver", "tumor"]);
        // Label 9 has no name.
        assert!(of(&classes[3], &["liver"]).is_empty() && of(&classes[0], &["Liver"]).is_empty());
        assert_eq!(of(&Class::label(3), &["3"]), ["3"]);
    }

    #[test]
    fn what_a_file_is_says_nothing_of_its_class() {
        assert_eq!(
            ["liver_mask", "left_kidney", "tumor_seg", "_mask"].map(plain),
            ["liver", "left_kidney", "tumor", "_mask"]
        );
    }
}
