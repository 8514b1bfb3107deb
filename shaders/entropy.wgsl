// Cross-entropy with all its choices, and its derivatives, in the place of pointwise.wgsl and slopes.wgsl. Twin:
// pointwise/entropy.rs, which has the formulas.

override POINTWISE: u32 = 5u;   // always 5 here

struct Slopes {
  p: f32,    // with respect to p
  w: f32,    // p times that, for p up to 1/2 only
  s: f32,    // p (1 - p) times that
}

// A focal factor, and its derivative with respect to the logit as -q · on + p · off.
struct Factor {
  value: f32,
  on: f32,
  off: f32,
}

const LEAST_BASE: f32 = 1e-30;   // of a power; what it is multiplied with is 0 there

fn counts(t: f32) -> bool {
  return params.part == 0u || (params.part == 1u) == (t == 1.0);
}

fn clipped(ln: f32) -> f32 {
  return clamp(ln, params.clip_low, params.clip_high);
}

fn moves(ln: f32) -> f32 {
  return select(1.0, 0.0, ln < params.clip_low || ln > params.clip_high);
}

// ln(1 + e^x); e - e^2 / 2 has the digits that 1 + e loses.
fn softplus(x: f32) -> f32 {
  let e = exp(-abs(x));
  return max(x, 0.0) + select(log(1.0 + e), e - 0.5 * e * e, e < 0.0009765625);
}

fn power(base: f32, exponent: f32) -> f32 {
  return select(exp(exponent * log(max(base, LEAST_BASE))), 0.0, base <= 0.0 && exponent > 0.0);
}

fn weight(u: f32) -> f32 {
  return select(1.0, params.alpha * u + (1.0 - params.alpha) * (1.0 - u), params.alpha >= 0.0);
}

fn focal(ln_p: f32, ln_q: f32, u: f32) -> Factor {
  let gamma = params.gamma;
  if params.focal == 0u || gamma == 0.0 {
    return Factor(1.0, 0.0, 0.0);
  }
  if params.focal == 2u {
    let twice = 2.0 * u - 1.0;
    let y = (ln_p - ln_q) * twice;
    let value = exp(-gamma * softplus(y));
    let by_x = -twice * gamma * value * exp(-softplus(-y));
    return Factor(value, -by_x, by_x);
  }
  if params.focal == 5u {
    let base = u * exp(ln_q) + (1.0 - u) * exp(ln_p);
    return Factor(power(base, gamma), 0.0, gamma * power(max(base, LEAST_BASE), gamma - 1.0) * (1.0 - 2.0 * u) * exp(ln_q));
  }
  // Of the clipped logarithms; below 0 where a prediction is not a probability.
  let b = max(-u * clipped(ln_p) - (1.0 - u) * clipped(ln_q), 0.0);
  var by_b = exp(-b);
  var base = select(1.0 - by_b, b - 0.5 * b * b, b < 0.0009765625);
  if params.focal == 4u {
    if by_b < params.ratio {
      return Factor(1.0, 0.0, 0.0);
    }
    base = base / params.ratio;
    by_b = by_b / params.ratio;
  }
  by_b = by_b * gamma * power(max(base, LEAST_BASE), gamma - 1.0);
  return Factor(power(base, gamma), by_b * u * moves(ln_p), by_b * (1.0 - u) * moves(ln_q));
}

fn entropy(ln_p: f32, ln_q: f32, t: f32) -> f32 {
  if !counts(t) {
    return 0.0;
  }
  let u = params.keep * t + params.add;
  let log_p = clipped(ln_p);
  let log_q = clipped(ln_q);
  let on = -params.on * u * log_p;
  let off = -params.off * (1.0 - u) * log_q;
  if params.focal == 1u {
    return weight(u) * (exp(params.gamma * log_q) * on + exp(params.gamma * log_p) * off);
  }
  let factor = focal(ln_p, ln_q, u).value;
  return select(weight(u) * factor * (on + off), factor, params.measure == 1u);
}

fn pointwise(p: Activated, t_bits: vec4<u32>) -> vec4<f32> {
  let t = bitcast<vec4<f32>>(t_bits);
  return vec4<f32>(
    entropy(p.ln_p.x, p.ln_q.x, t.x),
    entropy(p.ln_p.y, p.ln_q.y, t.y),
    entropy(p.ln_p.z, p.ln_q.z, t.z),
    entropy(p.ln_p.w, p.ln_q.w, t.w),
  );
}

fn pointwise_slopes(ln_p: f32, ln_q: f32, t: f32) -> Slopes {
  if !counts(t) {
    return Slopes(0.0, 0.0, 0.0);
  }
  let u = params.keep * t + params.add;
  let log_p = clipped(ln_p);
  let log_q = clipped(ln_q);
  let moves_p = moves(ln_p);
  let moves_q = moves(ln_q);
  let on = params.on * u;
  let off = params.off * (1.0 - u);
  let gamma = params.gamma;
  var by = Factor(0.0, 0.0, 0.0);
  if params.focal == 1u {
    let p_gamma = exp(gamma * log_p);
    let q_gamma = exp(gamma * log_q);
    by.on = weight(u) * (on * q_gamma + off * gamma * p_gamma * log_q) * moves_p;
    by.off = weight(u) * (off * p_gamma + on * gamma * q_gamma * log_p) * moves_q;
  } else {
    by = focal(ln_p, ln_q, u);
    if params.measure == 0u {
      let b = -on * log_p - off * log_q;
      by.on = weight(u) * (by.value * on * moves_p + b * by.on);
      by.off = weight(u) * (by.value * off * moves_q + b * by.off);
    }
  }
  let p = exp(ln_p);
  let q = exp(ln_q);
  return Slopes(
    by.off / max(q, 1.17549435e-38) - by.on / max(p, 1.17549435e-38),
    by.off * exp(min(ln_p - ln_q, 0.0)) - by.on,
    by.off * p - by.on * q,
  );
}
