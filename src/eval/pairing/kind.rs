//! What the files in the folder of a case are: a label map, maybe beside images, or the masks of classes. The names
//! decide, for all cases of a folder together: among cases of masks, a case with one file is a case of masks too.

/// What the label map of a case is called where images lie beside it, alone (KiTS) or at the end of a name (BraTS, BIDS).
const SEGMENTATION: [&str; 9] = ["seg", "segmentation", "label", "labels", "labelmap", "mask", "gt", "dseg", "msk"];

/// What the only file of a case may be called as well.
const WHOLE: [&str; 8] =
    ["pred", "prediction", "output", "result", "truth", "reference", "groundtruth", "segmentations"];

/// The files of a case: its name, and theirs without endings.
pub(super) struct CaseFiles<'a> {
    pub case: &'a str,
    pub stems: &'a [String],
    pub known: Known,
}

/// What more is known of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    Nothing,
    /// They lie in a folder that holds masks alone.
    Masks,
    /// One of them alone names its segments.
    Segments(usize),
}

/// What a case has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// This file is its label map.
    Map(usize),
    /// Every file is the mask of a class.
    Masks,
    /// This file is its label map if any such file of the folder has several labels, else it is a mask.
    Either(usize),
}

/// What each case of a folder has.
pub(super) fn of_folder(cases: &[CaseFiles<'_>]) -> Vec<Holds> {
    let alone: Vec<Holds> = cases.iter().map(of_case).collect();
    let numbered = cases.iter().zip(&alone).all(|(case, holds)| match holds {
        Holds::Either(place) => case.stems.get(*place).is_some_and(|stem| has_number_of(case.case, stem)),
        _ => true,
    });
    let any = |wanted: fn(&Holds) -> bool| alone.iter().any(wanted);
    let (masks, maps) = (any(|holds| *holds == Holds::Masks), any(|holds| matches!(holds, Holds::Map(_))));
    let settled = |holds: &Holds| match *holds {
        Holds::Either(_) if masks => Holds::Masks,
        Holds::Either(place) if maps || numbered => Holds::Map(place),
        holds => holds,
    };
    alone.iter().map(settled).collect()
}

fn of_case(files: &CaseFiles<'_>) -> Holds {
    match files.known {
        Known::Masks => return Holds::Masks,
        Known::Segments(place) => return Holds::Map(place),
        Known::Nothing => {}
    }
    let ends = |word: &str| -> Vec<(usize, &String)> {
        files.stems.iter().enumerate().filter(|(_, stem)| last_word(stem) == word).collect()
    };
    // BIDS has masks (of the brain) beside the label map.
    let mut called: Vec<(usize, &String)> = ends("dseg");
    if called.len() != 1 {
        called = SEGMENTATION.iter().flat_map(|word| ends(word)).collect();
    }
    match (&called[..], files.stems) {
        (&[(place, stem)], stems) => {
            let before = before_last_word(stem);
            let images = stems.len() > 1 && stems.iter().all(|other| before_last_word(other) == before);
            if images || is_of_case(files.case, before) { Holds::Map(place) } else { Holds::Either(place) }
        }
        ([], [stem]) if is_of_case(files.case, stem) || is_one_of(stem, &WHOLE) => Holds::Map(0),
        ([], [_]) => Holds::Either(0),
        _ => Holds::Masks,
    }
}

/// Whether a label map or a folder of masks has this name in every case.
pub(crate) fn is_usual_name(name: &str) -> bool {
    is_one_of(name, &SEGMENTATION) || is_one_of(name, &WHOLE)
}

/// What BIDS calls images and probabilities, by the last word of their names.
const IMAGE: [&str; 18] = [
    "t1w", "t2w", "pdw", "t2starw", "flair", "t1map", "t2map", "angio", "ct", "pet", "dwi", "adc", "bold", "sbref",
    "asl", "m0scan", "epi", "probseg",
];

/// Whether BIDS calls an image so.
pub(super) fn is_image(stem: &str) -> bool {
    stem.starts_with("sub-") && IMAGE.contains(&last_word(stem).as_str())
}

/// The classes of masks: their names, without that of the case where all begin with it, and what BIDS calls the label.
pub(super) fn classes(case: &str, stems: &[String]) -> Vec<String> {
    let shorter = |stem: &String| -> Option<String> {
        let rest = stem.strip_prefix(case)?.strip_prefix(is_sign)?;
        (!rest.is_empty()).then(|| rest.to_owned())
    };
    let without: Option<Vec<String>> = stems.iter().map(shorter).collect();
    let label = |stem: &String| -> Option<String> {
        let of = |word: &str| word.strip_prefix("label-").filter(|label| !label.is_empty()).map(str::to_owned);
        stem.split('_').find_map(of)
    };
    let labels: Option<Vec<String>> = stems.iter().filter(|stem| stem.starts_with("sub-")).map(label).collect();
    match (labels, without) {
        (Some(labels), _) if labels.len() == stems.len() => labels,
        (_, Some(without)) => without,
        _ => stems.to_vec(),
    }
}

fn is_sign(c: char) -> bool {
    matches!(c, '-' | '_' | '.' | ' ')
}

fn is_one_of(name: &str, words: &[&str]) -> bool {
    words.iter().any(|word| name.eq_ignore_ascii_case(word))
}

fn last_word(stem: &str) -> String {
    stem.rsplit(['-', '_']).next().unwrap_or(stem).to_ascii_lowercase()
}

fn before_last_word(stem: &str) -> &str {
    stem.rfind(['-', '_']).and_then(|end| stem.get(..end)).unwrap_or_default()
}

/// Whether a name says only which case it is: nothing, the case, or the case and what BIDS has besides (`ses-1`).
fn is_of_case(case: &str, name: &str) -> bool {
    let Some(rest) = name.strip_prefix(case) else { return name.is_empty() };
    let entity = |word: &str| word.is_empty() || (word.contains('-') && !word.starts_with("label-"));
    rest.is_empty() || (rest.starts_with('_') && rest.split('_').all(entity))
}

/// Whether a name has the case's number: `p01_seg` in the folder `patient_01`.
fn has_number_of(case: &str, name: &str) -> bool {
    fn numbers(text: &str) -> impl Iterator<Item = &str> {
        text.split(|c: char| !c.is_ascii_digit()).filter(|number| number.len() > 1)
    }
    !name.starts_with(case) && numbers(case).any(|number| numbers(name).any(|other| other == number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(cases: &[(&str, &[&str])]) -> Vec<Holds> {
        let stems: Vec<Vec<String>> =
            cases.iter().map(|(_, stems)| stems.iter().map(|stem| (*stem).to_owned()).collect()).collect();
        let files = cases.iter().zip(&stems).map(|((case, _), stems)| CaseFiles { case, stems, known: Known::Nothing });
        of_folder(&files.collect::<Vec<_>>())
    }

    #[test]
    fn label_maps_are_told_by_what_they_are_called() {
        for (case, stems, map) in [
            ("case_0", &["imaging", "segmentation"][..], 1),
            ("glioma-1", &["glioma-1-seg", "glioma-1-t1c"], 0),
            ("sub-01", &["sub-01_dseg", "sub-01_desc-brain_mask"], 0),
            ("sub-01", &["sub-01_ses-2_space-MNI_dseg"], 0),
            ("sub-01", &["sub-01_ses-0001_msk"], 0),
            ("patient_01", &["p_t1", "p_t2", "p_seg"], 2),
            ("patient_01", &["p01_seg"], 0),
            ("case_0", &["case_0"], 0),
            ("case_0", &["Prediction"], 0),
            ("case_0", &["mask"], 0),
        ] {
            assert_eq!(of(&[(case, stems)]), [Holds::Map(map)], "{stems:?}");
        }
    }

    #[test]
    fn one_mask_is_one_of_masks() {
        let of_two = of(&[("s0", &["liver"]), ("s1", &["liver", "spleen"])]);
        assert_eq!(of_two, [Holds::Masks, Holds::Masks]);
        for stems in [&["liver_mask", "spleen"][..], &["s0_liver_mask"], &["liver_seg"], &["liver"], &["tumor_label"]] {
            let found = of(&[("s0", stems), ("s1", &["liver_mask", "spleen_mask"])]);
            assert_eq!(found, [Holds::Masks, Holds::Masks], "{stems:?}");
            assert!(matches!(of(&[("s0", stems)])[..], [Holds::Either(_)]), "{stems:?}");
        }
        // Without any other word the voxels decide.
        assert_eq!(of(&[("s0", &["liver"]), ("s1", &["spleen"])]), [Holds::Either(0), Holds::Either(0)]);
        // Beside cases with a label map it is one.
        assert_eq!(of(&[("s0", &["x"]), ("s1", &["image", "seg"])]), [Holds::Map(0), Holds::Map(1)]);
    }

    #[test]
    fn classes_are_called_without_the_case() {
        let of = |case, stems: &[&str]| classes(case, &stems.iter().map(|&stem| stem.into()).collect::<Vec<_>>());
        assert_eq!(of("s1", &["liver", "spleen"]), ["liver", "spleen"]);
        assert_eq!(of("s1", &["s1_liver", "s1_left kidney"]), ["liver", "left kidney"]);
        assert_eq!(of("s1", &["s1_liver", "spleen"]), ["s1_liver", "spleen"]);
        assert_eq!(of("s1", &["s1", "s1_a"]), ["s1", "s1_a"]);
        assert_eq!(of("sub-01", &["sub-01_label-GM_mask", "sub-01_label-WM_mask"]), ["GM", "WM"]);
    }

    #[test]
    fn images_of_bids_are_told_by_their_last_word() {
        assert!(is_image("sub-01_T1w") && is_image("sub-01_ses-1_FLAIR") && is_image("sub-01_label-GM_probseg"));
        assert!(
            !is_image("sub-01_dseg") && !is_image("sub-01_label-GM_mask") && !is_image("T1w") && !is_image("sub-01")
        );
        assert!(!is_image("sub-01_pred"));
    }
}
