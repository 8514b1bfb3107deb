// Losses of single voxels. Twin: `pointwise` in kernel/voxelwise.rs.

override POINTWISE: u32 = 0u;   // 1: cross-entropy, 2: binary cross-entropy, 3: focal, 4: categorical focal

fn pointwise(ln: Logarithms, t: Scaled) -> Scaled {
  let on = negated(mul(t, ln.p));
  let rest = sub(UNITY, t);
  var loss = on;
  if POINTWISE == 2u {
    loss = sub(on, mul(rest, ln.q));
  }
  if POINTWISE == 3u || POINTWISE == 4u {
    // Powers by logarithms: (1 - p)^gamma = e^(gamma ln(1 - p)). Without gamma and with a weight this is the balanced
    // binary cross-entropy.
    let alpha = of_f32(params.alpha);
    let weighs = alpha.s == 0u;
    let for_on = choose(UNITY, alpha, weighs);
    let for_off = choose(UNITY, sub(UNITY, alpha), weighs);
    let gamma = of_f32(params.gamma);
    loss = mul(mul(for_on, on), exp_of(mul(gamma, ln.q)));
    if POINTWISE == 3u {
      loss = sub(loss, mul(mul(mul(for_off, rest), exp_of(mul(gamma, ln.p))), ln.q));
    }
  }
  return loss;
}
