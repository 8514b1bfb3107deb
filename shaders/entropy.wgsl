// Cross-entropy with all its choices, and its slopes, in the place of pointwise.wgsl and slopes.wgsl. Twin:
// pointwise/entropy.rs, which has the formulas.

// The focal factor. 0: none, 1: of each part, 2: by the logit, 3: by the loss, 4: reduced, 5: by the miss
override FACTOR: u32 = 0u;

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
  let below = less(ln, low);
  let above = less(high, ln);
  return Clipped(choose(choose(ln, high, above), low, below), choose(UNITY, ZERO, below || above));
}

fn power(base: Scaled, exponent: Scaled) -> Scaled {
  return choose(ZERO, exp_of(mul(exponent, ln_of(base))), less(ZERO, base));
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
  return choose(UNITY, add(mul(alpha, u), mul(sub(UNITY, alpha), sub(UNITY, u))), alpha.s == 0u);
}

// 1 - e^-x for x of 0 or more, with the digits of a small x.
fn one_minus_exp_neg(x: Scaled) -> Scaled {
  let small = mul(x, Scaled(exp_over(acc_words(fixed_of(x)).x), 0, 0u));
  return choose(small, sub(UNITY, exp_of(negated(x))), x.e > -1);
}

fn by_margin(ln_p: Scaled, ln_q: Scaled, u: Scaled, gamma: Scaled) -> Factor {
  let twice = sub(mul(TWO, u), UNITY);
  let y = mul(sub(ln_p, ln_q), twice);
  let value = exp_of(negated(mul(gamma, softplus(y))));
  let by_x = negated(mul(mul(mul(twice, gamma), value), exp_of(negated(softplus(negated(y))))));
  return Factor(value, negated(by_x), by_x);
}

fn by_miss(ln_p: Scaled, ln_q: Scaled, u: Scaled, gamma: Scaled) -> Factor {
  let rest = sub(UNITY, u);
  let q = exp_of(ln_q);
  let base = add(mul(u, q), mul(rest, exp_of(ln_p)));
  let off = mul(mul(slope_of_power(base, gamma), sub(UNITY, mul(TWO, u))), q);
  return Factor(power(base, gamma), ZERO, off);
}

// Of the clipped logarithms; below 0 where a prediction is not a probability.
fn by_loss(ln_p: Scaled, ln_q: Scaled, u: Scaled, gamma: Scaled) -> Factor {
  let rest = sub(UNITY, u);
  let p = clipped(ln_p);
  let q = clipped(ln_q);
  let b = larger(sub(negated(mul(u, p.ln)), mul(rest, q.ln)), ZERO);
  var base = one_minus_exp_neg(b);
  var by_b = exp_of(negated(b));
  var is_one = false;
  if FACTOR == 4u {
    let threshold = of_f32(params.ratio);
    is_one = less(by_b, threshold);
    base = mul(base, inverse(threshold));
    by_b = mul(by_b, inverse(threshold));
  }
  by_b = mul(slope_of_power(base, gamma), by_b);
  let on = mul(mul(by_b, u), p.moves);
  let off = mul(mul(by_b, rest), q.moves);
  return Factor(choose(power(base, gamma), UNITY, is_one), choose(on, ZERO, is_one), choose(off, ZERO, is_one));
}

fn focal(ln_p: Scaled, ln_q: Scaled, u: Scaled) -> Factor {
  let gamma = of_f32(params.gamma);
  var factor = Factor(UNITY, ZERO, ZERO);
  if gamma.m != 0u {
    if FACTOR == 2u {
      factor = by_margin(ln_p, ln_q, u, gamma);
    } else if FACTOR == 5u {
      factor = by_miss(ln_p, ln_q, u, gamma);
    } else if FACTOR == 3u || FACTOR == 4u {
      factor = by_loss(ln_p, ln_q, u, gamma);
    }
  }
  return factor;
}

fn pointwise(ln: Logarithms, t: Scaled) -> Scaled {
  let u = smoothed(t);
  let log_p = clipped(ln.p).ln;
  let log_q = clipped(ln.q).ln;
  let on = negated(mul(mul(of_f32(params.on), u), log_p));
  let off = negated(mul(mul(of_f32(params.off), sub(UNITY, u)), log_q));
  var loss = ZERO;
  if FACTOR == 1u {
    let gamma = of_f32(params.gamma);
    loss = mul(weight(u), add(mul(exp_of(mul(gamma, log_q)), on), mul(exp_of(mul(gamma, log_p)), off)));
  } else {
    let factor = focal(ln.p, ln.q, u).value;
    loss = choose(mul(mul(weight(u), factor), add(on, off)), factor, params.measure == 1u);
  }
  return choose(ZERO, loss, counts(t));
}

fn pointwise_slopes(ln: Logarithms, t: Scaled) -> Slopes {
  let u = smoothed(t);
  let m = weight(u);
  let log_p = clipped(ln.p);
  let log_q = clipped(ln.q);
  let on = mul(of_f32(params.on), u);
  let off = mul(of_f32(params.off), sub(UNITY, u));
  var by = Slopes(ZERO, ZERO);
  if FACTOR == 1u {
    let gamma = of_f32(params.gamma);
    let p_gamma = exp_of(mul(gamma, log_p.ln));
    let q_gamma = exp_of(mul(gamma, log_q.ln));
    let for_on = add(mul(on, q_gamma), mul(mul(mul(off, gamma), p_gamma), log_q.ln));
    let for_off = add(mul(off, p_gamma), mul(mul(mul(on, gamma), q_gamma), log_p.ln));
    by = Slopes(mul(mul(m, for_on), log_p.moves), mul(mul(m, for_off), log_q.moves));
  } else {
    let factor = focal(ln.p, ln.q, u);
    let b = sub(negated(mul(on, log_p.ln)), mul(off, log_q.ln));
    let for_on = mul(m, add(mul(mul(factor.value, on), log_p.moves), mul(b, factor.on)));
    let for_off = mul(m, add(mul(mul(factor.value, off), log_q.moves), mul(b, factor.off)));
    let alone = params.measure == 1u;
    by = Slopes(choose(for_on, factor.on, alone), choose(for_off, factor.off, alone));
  }
  let is_counted = counts(t);
  return Slopes(choose(ZERO, by.on, is_counted), choose(ZERO, by.off, is_counted));
}
