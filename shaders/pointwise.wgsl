// Losses of single voxels. Twin: `pointwise` in kernel/voxelwise.rs.

override POINTWISE: u32 = 0u;   // 1: cross-entropy, 2: binary cross-entropy, 3: focal, 4: categorical focal

fn pointwise(ln: Logarithms, t: Scaled) -> Scaled {
  let on = negated(mul(t, ln.p));
  if POINTWISE == 1u {
    return on;
  }
  let rest = sub(UNITY, t);
  if POINTWISE == 2u {
    return sub(on, mul(rest, ln.q));
  }
  // Powers by logarithms: (1 - p)^gamma = e^(gamma ln(1 - p)). Without gamma and with a weight this is the balanced
  // binary cross-entropy.
  var for_on = UNITY;
  var for_off = UNITY;
  let alpha = of_f32(params.alpha);
  if alpha.s == 0u {
    for_on = alpha;
    for_off = sub(UNITY, alpha);
  }
  let gamma = of_f32(params.gamma);
  let foreground = mul(mul(for_on, on), exp_of(mul(gamma, ln.q)));
  if POINTWISE == 4u {
    return foreground;
  }
  return sub(foreground, mul(mul(mul(for_off, rest), exp_of(mul(gamma, ln.p))), ln.q));
}
