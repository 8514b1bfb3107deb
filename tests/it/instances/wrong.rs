//! What cannot be found or said is an error that says why.

use super::engine;
use voxdice::metric::instances::{InstancePreset, Size, Threshold};
use voxdice::stats::{InstanceOptions, InstancesBy, Join, OwnSteps};
use voxdice::{Classes, Error, InstancesAccumulator, LabelMap, LabelSlice, Pair, Shape};

fn find(spatial: &[usize], options: &InstanceOptions) -> Result<(), Error> {
    let shape = Shape::new(1, 1, spatial)?;
    let labels = vec![1u8; spatial.iter().product()];
    let map = || LabelMap::u8(shape.clone(), &labels);
    engine().instances(Pair { pred: map()?, truth: map()? }, &Classes::new([1])?, options).map(drop)
}

#[test]
fn options_must_go_together() {
    for spatial in [vec![], vec![7], vec![2, 2, 2, 2]] {
        let message = find(&spatial, &InstanceOptions::default()).unwrap_err().to_string();
        assert!(message.contains(&format!("axes is {}, but must be 2 or 3", spatial.len())), "{message}");
    }
    let empty = InstancesAccumulator::new(&[2, 1, 0], &Classes::new([1]).unwrap(), &InstanceOptions::default());
    assert!(empty.unwrap_err().to_string().contains("1 to 2^32"));
    let far = InstanceOptions { near: 65, ..Default::default() };
    assert!(find(&[3, 4], &far).unwrap_err().to_string().contains("near is 65"));
    let join = Join { truth: 0, pred: 1 };
    let labels = InstanceOptions { by: InstancesBy::Labels, join, ..Default::default() };
    assert!(find(&[3, 4], &labels).unwrap_err().to_string().contains("not joined"));
    let own = InstanceOptions {
        own: vec![OwnSteps { class: 0, join: Join { truth: 100, pred: 0 }, near: 0 }],
        ..Default::default()
    };
    assert!(find(&[3, 4], &own).unwrap_err().to_string().contains("join of the truth is 100"));
    for pair in [[0, 1], [0, 0]] {
        let touching = InstanceOptions { touching: vec![pair], ..Default::default() };
        assert!(find(&[3, 4], &touching).unwrap_err().to_string().contains("two of the 1 classes"));
    }
    let (a, b) = (Shape::new(1, 1, [2, 3]).unwrap(), Shape::new(1, 1, [3, 2]).unwrap());
    let maps = (LabelMap::u8(a, &[0; 6]).unwrap(), LabelMap::u8(b, &[0; 6]).unwrap());
    let found = engine().instances(
        Pair { pred: maps.0, truth: maps.1 },
        &Classes::new([1]).unwrap(),
        &InstanceOptions::default(),
    );
    assert!(matches!(found, Err(Error::ShapeMismatch { .. })));
}

#[test]
fn pieces_and_parts_must_lie_behind_each_other() {
    let (classes, options) = (Classes::new([1]).unwrap(), InstanceOptions::default());
    let part = |slice| InstancesAccumulator::starting_at(slice, &[4, 2, 3], &classes, &options);
    assert!(part(4).unwrap_err().to_string().contains("below 4"));
    let add = |part: &mut InstancesAccumulator, p: usize, t: usize| {
        part.add(Pair { pred: LabelSlice::U8(&vec![1; p]), truth: LabelSlice::U8(&vec![1; t]) })
    };
    let mut first = part(0).unwrap();
    assert!(matches!(add(&mut first, 2, 3), Err(Error::PieceMismatch { .. })));
    add(&mut first, 12, 12).unwrap();
    assert!(add(&mut first, 13, 13).unwrap_err().to_string().contains("at most 12"));
    assert!(first.clone().finish().unwrap_err().to_string().contains("all 24"));
    assert!(first.merge(part(3).unwrap()).unwrap_err().to_string().contains("12, where the one before ends"));
    let other = InstancesAccumulator::starting_at(2, &[4, 2, 3], &Classes::new([2]).unwrap(), &options).unwrap();
    assert!(first.merge(other).unwrap_err().to_string().contains("same image"));
    let mut inside = part(2).unwrap();
    add(&mut inside, 4, 4).unwrap();
    assert!(first.clone().merge(inside).unwrap_err().to_string().contains("whole rows of 3"));
    let mut second = part(2).unwrap();
    add(&mut second, 12, 12).unwrap();
    assert!(second.clone().finish().is_err());
    first.merge(second).unwrap();
    assert_eq!(first.finish().unwrap()[0].truth()[0].voxels(), 24);
}

#[test]
fn names_and_numbers_are_checked() {
    for preset in InstancePreset::ALL {
        assert_eq!(preset.to_string().parse::<InstancePreset>().unwrap(), preset);
    }
    assert!("brats23".parse::<InstancePreset>().unwrap_err().to_string().contains("brats23-gli"));
    for (text, numbers) in
        [("0.55", (11, 20)), ("1e-6", (1, 1_000_000)), ("2", (2, 1)), (">=.25", (1, 4)), ("1.5e1", (15, 1))]
    {
        assert_eq!(text.parse::<Threshold>().unwrap(), Threshold::at_least(numbers.0, numbers.1).unwrap(), "{text}");
    }
    for text in ["", ".", "-1", "nan", "0.5.5", "1e", "1e99", ">", "x", "0,5", "99999999999999999999"] {
        assert!(text.parse::<Threshold>().is_err(), "{text}");
    }
    assert!(Threshold::above(1, 0).is_err());
    // 6/10 is 0.6, whatever doubles say.
    assert!("0.6".parse::<Threshold>().unwrap().passes(6, 10) && !">0.6".parse::<Threshold>().unwrap().passes(6, 10));
    assert_eq!(
        ("20vox".parse::<Size>().unwrap(), "10.5mm3".parse::<Size>().unwrap()),
        (Size::Voxels(20), Size::Mm3(10.5))
    );
    for text in ["20", "vox", "-1mm3", "nanmm3", "1.5vox", "infmm3"] {
        assert!(text.parse::<Size>().is_err(), "{text}");
    }
}

/// Without a true lesion that counts these scripts have other scores than elsewhere.
#[test]
fn predictions_without_a_true_lesion_score_as_their_scripts_have_it() {
    let maps = super::Maps { spatial: vec![5, 5, 5], truth: vec![0; 125], pred: vec![1; 125] };
    let of = |preset: InstancePreset| maps.detect(&preset.system().rules, 1.0);
    assert_eq!(of(InstancePreset::Brats24MenRt).lesion_dice(), 1.0);
    assert_eq!(of(InstancePreset::Brats24Met).lesion_dice(), 0.0);
    let found = of(InstancePreset::Brats26Mets);
    assert!([found.f1(), found.precision(), found.recall(), found.pq()].iter().all(|score| score.is_nan()));
    // Matched with a Dice of 2/126: neither found nor taken for a further lesion of the mean.
    let truth = (0..125).map(|voxel| u32::from(voxel == 0)).collect();
    let maps = super::Maps { truth, ..maps };
    let rules = InstancePreset::Brats26Mets.system().rules;
    let found = maps.detect(&rules, 20.0);
    assert_eq!((found.tp, found.missed, found.fp, found.lesion_dice()), (0, 1, 1, 2.0 / 126.0));
}
