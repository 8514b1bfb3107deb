// Derivatives of the pointwise losses of pointwise.wgsl. Twin: `Voxel::pointwise_slopes` in kernel/gradient.rs.

override POINTWISE: u32 = 0u;   // as in pointwise.wgsl

struct Slopes {
  p: f32,    // with respect to p
  w: f32,    // p times that, for p up to 1/2 only
  s: f32,    // p (1 - p) times that: with sigmoid the derivative with respect to the logit
}

// gamma x^(gamma - 1) of the logarithm of x. Where that is beyond f32 its factor is next to 0, and must not meet infinity.
fn slope_of_power(ln_x: f32) -> f32 {
  return select(params.gamma * exp(min((params.gamma - 1.0) * ln_x, 80.0)), 0.0, params.gamma == 0.0);
}

fn pointwise_slopes(ln_p: f32, ln_q: f32, t: f32) -> Slopes {
  if POINTWISE == 0u {
    return Slopes(0.0, 0.0, 0.0);
  }
  let p = exp(ln_p);
  let q = exp(ln_q);
  var on = t;
  var off = 1.0 - t;
  if params.alpha >= 0.0 {
    on = params.alpha * t;
    off = (1.0 - params.alpha) * (1.0 - t);
  }
  if POINTWISE == 1u || POINTWISE == 4u {
    off = 0.0;
  }
  let p_gamma = exp(params.gamma * ln_p);
  let q_gamma = exp(params.gamma * ln_q);
  let inner = slope_of_power(ln_q) * ln_p;
  let outer = slope_of_power(ln_p) * ln_q;
  return Slopes(
    on * (inner - q_gamma / max(p, SMALLEST)) + off * (p_gamma / max(q, SMALLEST) - outer),
    on * (p * inner - q_gamma) + off * p_gamma * (exp(min(ln_p - ln_q, 0.0)) - params.gamma * ln_q),
    on * q_gamma * (params.gamma * p * ln_p - q) + off * p_gamma * (p - params.gamma * q * ln_q),
  );
}
