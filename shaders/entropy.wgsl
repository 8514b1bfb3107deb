// Cross-entropy with all its choices, and its slopes, in the place of pointwise.wgsl and slopes.wgsl. Twin:
// pointwise/entropy.rs, which has the formulas.

const HAS_LOSS: bool = true;
const LEAST_BASE: f32 = 1e-30;   // of a power; what it is multiplied with is 0 there

// A focal factor, and its slopes.
struct Factor {
  value: Scaled,
  on: Scaled,
  off: Scaled,
}

// A logarithm as it is clipped, and 1 or 0 for the derivative through it.
struct Clipped {
  ln: Scaled,
  moves: Scaled,
}

fn counts(t: Scaled) -> bool {
  return params.part == 0u || (params.part == 1u) == (sub(t, UNITY).m == 0u);
}

fn clipped(ln: Scaled) -> Clipped {
  let low = of_f32(params.clip_low);
  let high = of_f32(params.clip_high);
  if less(ln, low) {
    return Clipped(low, ZERO);
  }
  if less(high, ln) {
    return Clipped(high, ZERO);
  }
  return Clipped(ln, UNITY);
}

fn power(base: Scaled, exponent: Scaled) -> Scaled {
  if less(ZERO, base) {
    return exp_of(mul(exponent, ln_of(base)));
  }
  return ZERO;
}

// gamma · base^(gamma - 1)
fn slope_of_power(base: Scaled, gamma: Scaled) -> Scaled {
  return mul(gamma, power(larger(base, of_f32(LEAST_BASE)), sub(gamma, UNITY)));
}

fn smoothed(t: Scaled) -> Scaled {
  return add(mul(of_f32(params.keep), t), of_f32(params.add));
}

fn weight(u: Scaled) -> Scaled {
  let alpha = of_f32(params.alpha);
  if alpha.s != 0u {
    return UNITY;
  }
  return add(mul(alpha, u), mul(sub(UNITY, alpha), sub(UNITY, u)));
}

// 1 - e^-x for x of 0 or more, with the digits of a small x.
fn one_minus_exp_neg(x: Scaled) -> Scaled {
  if x.e > -1 {
    return sub(UNITY, exp_of(negated(x)));
  }
  return mul(x, Scaled(exp_over(acc_words(fixed_of(x)).x), 0, 0u));
}

fn focal(ln_p: Scaled, ln_q: Scaled, u: Scaled) -> Factor {
  let gamma = of_f32(params.gamma);
  let none = Factor(UNITY, ZERO, ZERO);
  if params.focal == 0u || gamma.m == 0u {
    return none;
  }
  let rest = sub(UNITY, u);
  if params.focal == 2u {
    let twice = sub(mul(TWO, u), UNITY);
    let y = mul(sub(ln_p, ln_q), twice);
    let value = exp_of(negated(mul(gamma, softplus(y))));
    let by_x = negated(mul(mul(mul(twice, gamma), value), exp_of(negated(softplus(negated(y))))));
    return Factor(value, negated(by_x), by_x);
  }
  if params.focal == 5u {
    let q = exp_of(ln_q);
    let base = add(mul(u, q), mul(rest, exp_of(ln_p)));
    let off = mul(mul(slope_of_power(base, gamma), sub(UNITY, mul(TWO, u))), q);
    return Factor(power(base, gamma), ZERO, off);
  }
  // Of the clipped logarithms; below 0 where a prediction is not a probability.
  let p = clipped(ln_p);
  let q = clipped(ln_q);
  let b = larger(sub(negated(mul(u, p.ln)), mul(rest, q.ln)), ZERO);
  var base = one_minus_exp_neg(b);
  var by_b = exp_of(negated(b));
  if params.focal == 4u {
    let threshold = of_f32(params.ratio);
    if less(by_b, threshold) {
      return none;
    }
    base = mul(base, inverse(threshold));
    by_b = mul(by_b, inverse(threshold));
  }
  by_b = mul(slope_of_power(base, gamma), by_b);
  return Factor(power(base, gamma), mul(mul(by_b, u), p.moves), mul(mul(by_b, rest), q.moves));
}

fn pointwise(ln: Logarithms, t: Scaled) -> Scaled {
  if !counts(t) {
    return ZERO;
  }
  let u = smoothed(t);
  let log_p = clipped(ln.p).ln;
  let log_q = clipped(ln.q).ln;
  let on = negated(mul(mul(of_f32(params.on), u), log_p));
  let off = negated(mul(mul(of_f32(params.off), sub(UNITY, u)), log_q));
  if params.focal == 1u {
    let gamma = of_f32(params.gamma);
    return mul(weight(u), add(mul(exp_of(mul(gamma, log_q)), on), mul(exp_of(mul(gamma, log_p)), off)));
  }
  let factor = focal(ln.p, ln.q, u).value;
  if params.measure == 1u {
    return factor;
  }
  return mul(mul(weight(u), factor), add(on, off));
}

fn pointwise_slopes(ln: Logarithms, t: Scaled) -> Slopes {
  if !counts(t) {
    return Slopes(ZERO, ZERO);
  }
  let u = smoothed(t);
  let m = weight(u);
  let log_p = clipped(ln.p);
  let log_q = clipped(ln.q);
  let on = mul(of_f32(params.on), u);
  let off = mul(of_f32(params.off), sub(UNITY, u));
  var by = Factor(ZERO, ZERO, ZERO);
  if params.focal == 1u {
    let gamma = of_f32(params.gamma);
    let p_gamma = exp_of(mul(gamma, log_p.ln));
    let q_gamma = exp_of(mul(gamma, log_q.ln));
    let for_on = add(mul(on, q_gamma), mul(mul(mul(off, gamma), p_gamma), log_q.ln));
    let for_off = add(mul(off, p_gamma), mul(mul(mul(on, gamma), q_gamma), log_p.ln));
    by.on = mul(mul(m, for_on), log_p.moves);
    by.off = mul(mul(m, for_off), log_q.moves);
  } else {
    by = focal(ln.p, ln.q, u);
    if params.measure == 0u {
      let b = sub(negated(mul(on, log_p.ln)), mul(off, log_q.ln));
      by.on = mul(m, add(mul(mul(by.value, on), log_p.moves), mul(b, by.on)));
      by.off = mul(m, add(mul(mul(by.value, off), log_q.moves), mul(b, by.off)));
    }
  }
  return Slopes(by.on, by.off);
}
