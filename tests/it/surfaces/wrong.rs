//! What cannot be measured is an error that says why.

use super::{Maps, engine};
use voxdice::metric::surface::{
    EmptySurface, Percentile, Situations, SurfaceMetric, SurfacePreset, SurfaceRules, Tolerance,
};
use voxdice::stats::{DistanceCount, Distances, Elements, Merge, SurfaceOptions, Target};
use voxdice::tuning::Simd;
use voxdice::{Band, Classes, Error, LabelMap, Pair, Shape, Spacing};

fn measured(spatial: &[usize], options: &SurfaceOptions) -> Result<(), Error> {
    let shape = Shape::new(1, 1, spatial)?;
    let labels = vec![1u8; spatial.iter().product()];
    let map = || LabelMap::u8(shape.clone(), &labels);
    engine(Simd::Auto).surfaces(Pair { pred: map()?, truth: map()? }, &Classes::new([1])?, options).map(drop)
}

fn with(spacing: Spacing) -> SurfaceOptions {
    SurfaceOptions { spacing, ..SurfaceOptions::default() }
}

#[test]
fn a_spacing_must_be_a_distance() {
    for wrong in [0.0, -0.0, -1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MIN_POSITIVE, 1e300] {
        for spacing in [Spacing::new([1.0, wrong, 1.0]), Spacing::new([wrong]), Spacing::uniform(wrong)] {
            let message = spacing.unwrap_err().to_string();
            assert!(message.contains("spacing is") && message.contains("above 0"), "{message}");
        }
    }
}

#[test]
fn spacings_and_axes_must_go_together() {
    let two = with(Spacing::new([1.0, 2.0]).unwrap());
    assert!(measured(&[3, 4], &two).is_ok());
    let message = measured(&[3, 4, 5], &two).unwrap_err().to_string();
    assert!(message.contains("[1.0, 2.0]") && message.contains("3 spatial axes"), "{message}");
    for spatial in [vec![], vec![7], vec![2, 2, 2, 2]] {
        let message = measured(&spatial, &SurfaceOptions::default()).unwrap_err().to_string();
        assert!(message.contains(&format!("axes is {}, but must be 2 or 3", spatial.len())), "{message}");
    }
    let diagonal = Spacing::new([3.0, 1.0]).unwrap().diagonal(&[1, 4]).unwrap();
    assert_eq!(diagonal, 5.0);
    assert!(Spacing::new([3.0, 1.0]).unwrap().diagonal(&[1, 4, 4]).is_err());
}

#[test]
fn spacings_beyond_whole_numbers_of_62_bits_are_refused() {
    let extreme = with(Spacing::new([1e-9, 1.0, 0.7]).unwrap());
    let message = measured(&[3, 4, 5], &extreme).unwrap_err().to_string();
    assert!(message.contains("62 bits"), "{message}");
    // Whole multiples of a step need no such bits.
    assert!(measured(&[3, 4, 5], &with(Spacing::new([1e-9, 2e-9, 1024.0 * 1e-9]).unwrap())).is_ok());
    assert!(measured(&[3, 4, 5], &with(Spacing::new([1e30, 0.9e30, 1e30]).unwrap())).is_ok());
    assert!(measured(&[3, 4, 5], &with(Spacing::new([1e-30, 1.1e-30, 1e-30]).unwrap())).is_ok());
}

#[test]
fn corners_have_no_other_targets() {
    for target in [Target::Mask, Target::Face, Target::Full] {
        let options = SurfaceOptions { elements: Elements::Corner, target, ..SurfaceOptions::default() };
        assert!(measured(&[3, 4], &options).unwrap_err().to_string().contains("Corner"));
    }
}

#[test]
fn maps_of_two_shapes_and_surfaces_of_two_kinds_are_refused() {
    let (a, b) = (Shape::new(1, 1, [2, 3]).unwrap(), Shape::new(1, 1, [3, 2]).unwrap());
    let (one, other) = (LabelMap::u8(a, &[0; 6]).unwrap(), LabelMap::u8(b, &[0; 6]).unwrap());
    let classes = Classes::new([1]).unwrap();
    let found = engine(Simd::Auto).surfaces(
        Pair { pred: one.clone(), truth: other.clone() },
        &classes,
        &SurfaceOptions::default(),
    );
    assert!(matches!(found, Err(Error::ShapeMismatch { .. })));
    let found =
        engine(Simd::Auto).bands(Pair { pred: one, truth: other }, &classes, Band::Voxels(1), &Spacing::voxels());
    assert!(matches!(found, Err(Error::ShapeMismatch { .. })));

    let maps = Maps { spatial: vec![2, 3], truth: vec![1, 0, 0, 0, 0, 1], pred: vec![1, 1, 0, 0, 0, 0] };
    let plain = maps.surface(&SurfaceOptions::default());
    let full = maps.surface(&SurfaceOptions { elements: Elements::Full, ..SurfaceOptions::default() });
    assert!(plain.clone().merge(&full).unwrap_err().to_string().contains("options"));
    let wider = Maps { spatial: vec![2, 40], truth: vec![1; 80], pred: vec![1; 80] };
    let unequal = with(Spacing::new([0.7, 0.9]).unwrap());
    assert!(maps.surface(&unequal).merge(&wider.surface(&unequal)).unwrap_err().to_string().contains("lattice"));
    assert!(plain.clone().merge(&wider.surface(&SurfaceOptions::default())).is_ok());
    let mut twice = plain.clone();
    twice.merge(&plain).unwrap();
    assert_eq!(twice.truth().elements(), 2 * plain.truth().elements());
    assert_eq!(twice.from_truth().map(|(d, n)| (d, n / 2)).collect::<Vec<_>>(), plain.from_truth().collect::<Vec<_>>());
    let huge = DistanceCount { squared: 1, kind: 0, count: u64::MAX };
    assert!(matches!(Distances::new(vec![huge, huge]), Err(Error::CountOverflow)));
}

#[test]
fn names_and_numbers_of_metrics_are_checked() {
    for name in [
        "hd",
        "hd95",
        "hd=50",
        "hd_truth=95",
        "hd_pred=95",
        "asd_truth",
        "asd_pred",
        "assd",
        "masd",
        "max_asd",
        "sd_median",
        "sd_std",
        "sd_rms",
        "nsd=2",
        "nsd_truth=0",
        "nsd_pred=1.5",
    ] {
        let metric: SurfaceMetric = name.parse().unwrap();
        assert_eq!(metric.to_string(), name);
        assert_eq!(name.to_uppercase().parse::<SurfaceMetric>().unwrap(), metric);
        assert_eq!(metric.is_distance(), !name.starts_with("nsd"));
    }
    for name in
        ["", "dice", "hd=101", "hd=-1", "hd=nan", "hd=x", "nsd", "nsd=-1", "nsd=inf", "nsd=nan", "assd=2", "hd95=3"]
    {
        assert!(name.parse::<SurfaceMetric>().is_err(), "{name}");
    }
    assert!("nsd".parse::<SurfaceMetric>().unwrap_err().to_string().contains("nsd=2"));
    assert!(Percentile::linear(f64::NAN).is_err() && Tolerance::mm(-1.0).is_err());
    for band in [Band::Voxels(3), Band::Mm(0.5), Band::BelowVoxels(2.0)] {
        assert_eq!(band.to_string().parse::<Band>().unwrap(), band);
    }
    for band in
        ["boundary_iou", "boundary_iou=0", "boundary_iou=1.5", "boundary_iou_mm=0", "boundary_iou_mm=nan", "iou=1"]
    {
        assert!(band.parse::<Band>().is_err(), "{band}");
    }
    assert_eq!(Band::of_paper(&[300, 400]), Band::Voxels(10));
    assert_eq!(Band::of_paper(&[3, 4]), Band::Voxels(1));
    for preset in SurfacePreset::ALL {
        assert_eq!(preset.name().parse::<SurfacePreset>().unwrap(), preset);
    }
    assert!("nnunet".parse::<SurfacePreset>().unwrap_err().to_string().contains("deepmind"));
}

/// Rules read what was measured for them, and numbers that a metric can have.
#[test]
fn rules_are_of_the_surfaces_that_were_measured_for_them() {
    let shape = Shape::new(1, 1, [4, 5]).unwrap();
    let labels: Vec<u8> = (0..20).map(|i| u8::from(i % 5 < 3)).collect();
    let map = || LabelMap::u8(shape.clone(), &labels).unwrap();
    let image = Spacing::new([2.0, 1.0]).unwrap();
    let measured = |options: &SurfaceOptions| {
        engine(Simd::Auto)
            .surfaces(Pair { pred: map(), truth: map() }, &Classes::new([1]).unwrap(), options)
            .unwrap()
            .values()[0]
            .clone()
    };
    for preset in SurfacePreset::ALL {
        let rules = preset.rules();
        let surface = measured(&rules.options(&image));
        assert!(rules.value(SurfaceMetric::Hd, &surface).is_ok(), "{preset}");
        for metric in [SurfaceMetric::HdPercentile(950.0), SurfaceMetric::HdTruth(f64::NAN), SurfaceMetric::Nsd(-1.0)] {
            assert!(matches!(rules.value(metric, &surface), Err(Error::Parameter { .. })), "{preset} {metric}");
        }
    }
    // DeepMind's areas are those of corners: of faces everything would weigh 1.
    let (faces, corners) = (SurfaceRules::default(), SurfacePreset::Deepmind.rules());
    let error = corners.value(SurfaceMetric::Assd, &measured(&faces.options(&image))).unwrap_err().to_string();
    assert!(error.contains("the surface") && error.contains("Corner"), "{error}");
    // Voxels and mm are two spacings.
    let voxels = SurfacePreset::ScikitImage.rules();
    let in_mm = SurfaceOptions { spacing: image.clone(), ..voxels.options(&image) };
    assert!(voxels.value(SurfaceMetric::Hd, &measured(&in_mm)).is_err());
}

#[test]
fn rules_equal_themselves() {
    for preset in SurfacePreset::ALL {
        assert_eq!(preset.rules(), preset.rules());
    }
    assert_eq!(EmptySurface::default(), EmptySurface::default());
    assert_ne!(EmptySurface::default(), EmptySurface::UNDEFINED);
    assert_ne!(Situations::new(0.0, f64::NAN, 1.0), Situations::new(0.0, 1.0, f64::NAN));
}
