// One channel of a voxel, independent of the others.

override SIGMOID: bool = false;

// e / (1 + e)^2
fn sigmoid_slope(bits: u32) -> Scaled {
  let e = exp_neg(fix(bits & 0x7fffffffu));
  let r = recip(one_plus(e));
  return normal(mulhi(e.g, mulhi(r, r)), -i32(e.n), 0u);
}

fn voxel(row: u32, channel: u32, first_cell: u32) {
  let cell = first_cell + channel;
  let p = pred(row, channel, true).x;
  let t = truth(row, channel, true).x;
  var gradient = overlap_slope(cell, p, t);
  if SIGMOID {
    gradient = mul(gradient, sigmoid_slope(p_load(row, channel, true).x));
  }
  if HAS_LOSS {
    let ln = logarithms(row, channel);
    let slopes = loss_slopes(cell, ln, t);
    if SIGMOID {
      gradient = add(gradient, slope_by_logit(ln, slopes));
    } else {
      gradient = add(gradient, slope_by_p(ln, slopes));
    }
  }
  store(row, channel, choose(ZERO, gradient, is_finite(p) && is_finite(t)));
}
