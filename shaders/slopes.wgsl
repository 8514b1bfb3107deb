// Slopes of the losses of pointwise.wgsl. Twin: kernel/slopes.rs.

override POINTWISE: u32 = 0u;   // as in pointwise.wgsl

const HAS_LOSS: bool = true;

fn pointwise_slopes(ln: Logarithms, t: Scaled) -> Slopes {
  var on = t;
  var off = sub(UNITY, t);
  let alpha = of_f32(params.alpha);
  if alpha.s == 0u {
    on = mul(alpha, on);
    off = mul(sub(UNITY, alpha), off);
  }
  if POINTWISE == 1u || POINTWISE == 4u {
    off = ZERO;
  }
  let gamma = of_f32(params.gamma);
  if gamma.m == 0u {
    return Slopes(on, off);
  }
  let p_gamma = exp_of(mul(gamma, ln.p));
  let q_gamma = exp_of(mul(gamma, ln.q));
  return Slopes(
    add(mul(on, q_gamma), mul(mul(mul(off, gamma), p_gamma), ln.q)),
    add(mul(off, p_gamma), mul(mul(mul(on, gamma), q_gamma), ln.p)),
  );
}
