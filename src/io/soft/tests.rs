use super::*;

fn values(voxels: Voxels) -> Result<Values, Unrepresentable> {
    convert(Elements::Plain(voxels))
}

#[test]
fn whole_numbers_keep_their_values_in_the_narrowest_type() {
    assert_eq!(values(Voxels::I64(vec![0, 255])), Ok(Values::U8(vec![0, 255])));
    assert_eq!(values(Voxels::U32(vec![256])), Ok(Values::U16(vec![256])));
    assert_eq!(values(Voxels::I8(vec![-1, 2])), Ok(Values::F64(vec![-1.0, 2.0])));
    assert_eq!(values(Voxels::U64(vec![1 << 40])), Ok(Values::F64(vec![1_099_511_627_776.0])));
}

#[test]
fn whole_floats_are_labels_and_scaled_ones_within_half_a_step() {
    let of = |values: &[f32], step| {
        let volume = SoftVolume { values: Values::F32(values.to_vec()), step, ..SoftVolume::empty() };
        volume.into_labels().map(|found| (found.volume.values, found.moved))
    };
    assert_eq!(of(&[0.0, -0.0, 3.0], None), Ok((Values::U8(vec![0, 0, 3]), 0)));
    assert_eq!(of(&[0.0, 300.0], None), Ok((Values::U16(vec![0, 300]), 0)));
    assert_eq!(of(&[0.0, 0.996], None), Err((1, 0.996)));
    // Labels 0 to 2 in 255 steps: 1 is 127 or 128 of them.
    let step = 2.0 / 255.0;
    let scaled = [0.0, 127.0 * step as f32, 2.0, 128.0 * step as f32];
    assert_eq!(of(&scaled, Some(step)), Ok((Values::U8(vec![0, 1, 2, 1]), 2)));
    let mut volume = SoftVolume { values: Values::F32(scaled.to_vec()), step: Some(step), ..SoftVolume::empty() };
    assert_eq!(volume.leave_out(&[1]), [1, 0, 1, 0]);
    assert_eq!(of(&[0.0, 126.0 * step as f32], Some(step)).map_err(|(index, _)| index), Err(1));
    assert_eq!(of(&[0.0, 0.3], Some(0.7)), Err((1, 0.3)));
    for wrong in [-1.0, 65_536.0, f32::NAN, f32::INFINITY] {
        assert!(of(&[0.0, wrong], None).is_err_and(|(index, _)| index == 1));
    }
    let halves = SoftVolume { values: Values::F16(vec![0, 0x3c00]), ..SoftVolume::empty() };
    assert!(halves.into_labels().is_ok_and(|found| found.volume.values == Values::U8(vec![0, 1])));
}

#[test]
fn a_whole_number_that_would_change_is_refused_and_a_float_keeps_its_digits() {
    let (count, first, whole) = values(Voxels::I32(vec![1, (1 << 24) + 1, -(1 << 24) - 1])).unwrap_err();
    assert_eq!((count, first.as_str(), whole), (2, "16777217", true));
    let odd = [0.5, 0.1, f64::NAN, f64::INFINITY, 0.2];
    let found = values(Voxels::F64(odd.to_vec())).unwrap();
    let volume = SoftVolume { values: found, ..SoftVolume::empty() };
    assert_eq!(volume.beyond_f32(), 2);
    assert!(matches!(&volume.values, Values::F64(v) if v[1] == 0.1 && v[2].is_nan()), "{volume:?}");
    assert_eq!((volume.range(), volume.mask()), (Some((0.1, 0.5)), None));
    assert_eq!(volume.into_labels().map(drop), Err((0, 0.5)));
    // A threshold of f64 has more digits as well.
    assert_eq!(values(Voxels::F64(vec![0.5])), Ok(Values::F64(vec![0.5])));
    assert!(matches!(values(Voxels::F64(vec![1e300])), Err((1, _, false))));
    // Masks of 0 and 255, or of 0 and 49, that a header scales to 0 and 1: one lies above it and one below.
    for (most, slope) in [(255.0, 1f32 / 255.0), (49.0, 1f32 / 49.0)] {
        let one = most * f64::from(slope);
        assert!(one != 1.0 && one as f32 == 1.0, "{one}");
        let mask = SoftVolume { values: values(Voxels::F64(vec![0.0, one])).unwrap(), ..SoftVolume::empty() };
        assert_eq!(mask.mask(), Some(vec![0, 1]), "{one}");
    }
}
