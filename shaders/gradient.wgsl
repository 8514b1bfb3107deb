// Gradient of each voxel where an activation, a power or a pointwise loss makes it transcendental, in f32. Twin:
// kernel/gradient.rs, which has the formulas.

@group(0) @binding(2) var<storage, read_write> result: array<u32>;

override SQUARES: bool = false;   // the power terms are squares
override POWER: bool = false;     // or |p|^power
override SIGMOID: bool = false;
override SOFTMAX: bool = false;   // a task does all channels of its voxels
override NORMALISE: bool = false; // so it does here

const COEFFICIENTS: u32 = 5u;     // words per cell in aux: pred, product, pred_power, abs_difference, pointwise
const SMALLEST: f32 = 1.17549435e-38;   // probabilities below count as this in a quotient

fn coefficient(cell: u32, i: u32) -> f32 {
  return bitcast<f32>(aux[COEFFICIENTS * cell + i]);
}

// Derivative of the overlap terms with respect to the activated prediction.
fn overlap_slope(cell: u32, p: f32, t: f32) -> f32 {
  var power = 0.0;
  if SQUARES {
    power = 2.0 * p;
  }
  if POWER {
    power = select(params.power * pow(abs(p), params.power - 1.0) * sign(p), 0.0, p == 0.0);
  }
  return coefficient(cell, 0u) + coefficient(cell, 1u) * t + coefficient(cell, 2u) * power
    + coefficient(cell, 3u) * sign(p - t);
}

// 0 for NaN too, as the twin has it.
fn store(row: u32, channel: u32, value: f32, bad: bool) {
  let bits = bitcast<u32>(value);
  let is_nan = (bits & 0x7fffffffu) > INFINITY;
  result[params.r_head + row * params.r_row + channel * params.r_channel] = select(bits, 0u, bad || is_nan);
}

// One channel of a voxel, independent of the others.
fn single_channel(row: u32, channel: u32, cell: u32) {
  let a = pred(row, channel, true);
  let p = bitcast<f32>(a.bits.x);
  let t_bits = truth(row, channel, true);
  let t = bitcast<f32>(t_bits.x);
  let slopes = pointwise_slopes(a.ln_p.x, a.ln_q.x, t);
  var h = overlap_slope(cell, p, t);
  var own = coefficient(cell, 4u) * slopes.p;
  if SIGMOID {
    h = h * p * exp(a.ln_q.x);
    own = coefficient(cell, 4u) * slopes.s;
  }
  store(row, channel, h + own, non_finite(a.bits).x || non_finite(t_bits).x);
}

// Of a channel beside others: the derivative of its overlap terms, those of its pointwise loss, and the factor of that. A
// channel whose truth is not finite, as a mask makes it, is in no sum, and all of these are 0.
struct Own {
  h: f32,
  loss: f32,
  slopes: Slopes,
}

fn own_of(row: u32, k: u32, cell: u32, p: f32, ln_p: f32, ln_q: f32) -> Own {
  let t_bits = truth(row, k, true).x;
  if (t_bits & 0x7fffffffu) >= INFINITY {
    return Own(0.0, 0.0, Slopes(0.0, 0.0, 0.0));
  }
  let t = bitcast<f32>(t_bits);
  return Own(overlap_slope(cell, p, t), coefficient(cell, 4u), pointwise_slopes(ln_p, ln_q, t));
}

fn logit(row: u32, channel: u32) -> f32 {
  return bitcast<f32>(p_load(row, channel, true).x);
}

// All channels of a voxel: d/dx_c Σ_k f_k(p_k) = p_c (h_c - Σ p_k h_k) + s_c - p_c Σ_(k≠c) w_k. Of a channel next to 1
// w = s / (1 - p) may be beyond f32, and p_c be 0: there p_c w = s p_c / (1 - p), and the quotient is c's share of the
// other channels.
fn all_channels(row: u32, first_cell: u32) {
  var bad = false;
  var top = 0u;
  var largest = -3.4028234e38;
  var second = largest;
  for (var k = 0u; k < params.channels; k += 1u) {
    bad = bad || non_finite(p_load(row, k, true)).x;
    let x = logit(row, k);
    if k == 0u || x > largest {
      second = select(largest, second, k == 0u);
      largest = x;
      top = k;
    } else {
      second = max(second, x);
    }
  }
  var sum = 0.0;
  var others = 0.0;
  for (var k = 0u; k < params.channels; k += 1u) {
    sum += exp(logit(row, k) - largest);
    others += select(exp(logit(row, k) - second), 0.0, k == top);
  }
  var mean = 0.0;
  var small = 0.0;
  var of_top = 0.0;
  for (var round = 0u; round < 2u; round += 1u) {
    for (var k = 0u; k < params.channels; k += 1u) {
      // The floor keeps what is beyond f32 from being infinite.
      let x = max(logit(row, k) - largest, -1e30);
      let e = exp(x);
      let p = e / sum;
      // Of the largest the others are added up next to the largest of them, so that ln(1 - p) keeps its digits.
      let above = max(second - largest, -1e30);
      var ln_q = select(log(sum - e), above + log(others), k == top) - log(sum);
      if params.channels == 1u {
        ln_q = -100.0;
      }
      let own = own_of(row, k, first_cell + k, p, x - log(sum), ln_q);
      let w = select(own.loss * own.slopes.w, 0.0, p > 0.5);
      let s = own.loss * own.slopes.s;
      if round == 0u {
        mean += p * own.h;
        small += w;
        of_top += select(0.0, s, p > 0.5);
      } else {
        let share = select(exp(logit(row, k) - second) / others, 0.0, p > 0.5);
        store(row, k, p * (own.h - mean) + s - p * (small - w) - share * of_top, bad);
      }
    }
  }
}

// All channels of a voxel: with S = Σ x and p = x / S, d/dx_c Σ_k f_k(p_k) = (f_c' - Σ p_k f_k') / S.
fn shares(row: u32, first_cell: u32) {
  var bad = false;
  var sum = 0.0;
  for (var k = 0u; k < params.channels; k += 1u) {
    bad = bad || non_finite(p_load(row, k, true)).x;
    sum += logit(row, k);
  }
  bad = bad || sum == 0.0;
  var mean = 0.0;
  for (var round = 0u; round < 2u; round += 1u) {
    for (var k = 0u; k < params.channels; k += 1u) {
      let a = pred(row, k, true);
      let p = bitcast<f32>(a.bits.x);
      let own = own_of(row, k, first_cell + k, p, a.ln_p.x, a.ln_q.x);
      if round == 0u {
        // p times the derivative, which may be beyond f32 where p is 0.
        mean += p * own.h + own.loss * select(p * own.slopes.p, own.slopes.w, p <= 0.5);
      } else {
        store(row, k, (own.h + own.loss * own.slopes.p - mean) / sum, bad);
      }
    }
  }
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let slot = slot_of(workgroup, lid);
  if slot >= params.tasks {
    return;
  }
  let task = task_of(slot);
  for (var v = lid % LANES; v < task.voxels; v += LANES) {
    if SOFTMAX {
      all_channels(task.row + v, task.plane * params.channels);
    } else if NORMALISE {
      shares(task.row + v, task.plane * params.channels);
    } else {
      single_channel(task.row + v, task.channel, task.plane * params.channels + task.channel);
    }
  }
}
