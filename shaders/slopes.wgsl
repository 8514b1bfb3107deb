// Slopes of the losses of pointwise.wgsl. Twin: kernel/slopes.rs.

override POINTWISE: u32 = 0u;   // as in pointwise.wgsl

const HAS_LOSS: bool = true;

fn pointwise_slopes(ln: Logarithms, t: Scaled) -> Slopes {
  var on = t;
  var off = sub(UNITY, t);
  let alpha = of_f32(params.alpha);
  let weighs = alpha.s == 0u;
  on = choose(on, mul(alpha, on), weighs);
  off = choose(off, mul(sub(UNITY, alpha), off), weighs);
  if POINTWISE == 1u || POINTWISE == 4u {
    off = ZERO;
  }
  let gamma = of_f32(params.gamma);
  var by = Slopes(on, off);
  if gamma.m != 0u {
    let p_gamma = exp_of(mul(gamma, ln.p));
    let q_gamma = exp_of(mul(gamma, ln.q));
    by.on = add(mul(on, q_gamma), mul(mul(mul(off, gamma), p_gamma), ln.q));
    by.off = add(mul(off, p_gamma), mul(mul(mul(on, gamma), q_gamma), ln.p));
  }
  return by;
}
