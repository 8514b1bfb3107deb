// Gradient of each voxel through an activation, a power or a pointwise loss. What a voxel has is in gradient_channel.wgsl,
// gradient_softmax.wgsl or gradient_normalise.wgsl. Twins: kernel/gradient.rs, which has the formulas, and kernel/slopes.rs.

@group(0) @binding(2) var<storage, read_write> result: array<u32>;

override SQUARES: bool = false;   // the power terms are squares
override POWER: bool = false;     // or |p|^power

const COEFFICIENTS: u32 = 5u;     // words per cell in aux: pred, product, pred_power, abs_difference, pointwise
const HALF: u32 = 0x3f000000u;    // f32 bits of 1/2
const SMALLEST: Scaled = Scaled(SIGN, -125, 0u);   // probabilities below the smallest normal f32 count as it in a quotient

fn coefficient(cell: u32, i: u32) -> Scaled {
  return of_bits(aux[COEFFICIENTS * cell + i]);
}

// Derivative of the overlap terms with respect to the activated prediction.
fn overlap_slope(cell: u32, p_bits: u32, t_bits: u32) -> Scaled {
  let keys = order(vec4<u32>(p_bits, t_bits, 0u, 0u));
  let p = of_bits(p_bits);
  var power = ZERO;
  if SQUARES {
    power = mul(TWO, p);
  }
  if POWER {
    let exponent = of_f32(params.power);
    power = mul(exponent, raised(absolute(p), sub(exponent, UNITY)));
    power = choose(power, negated(power), keys.x < keys.z);
  }
  let difference = coefficient(cell, 3u);
  let own = choose(choose(ZERO, difference, keys.x > keys.y), negated(difference), keys.x < keys.y);
  let linear = add(coefficient(cell, 0u), mul(coefficient(cell, 1u), of_bits(t_bits)));
  return add(add(linear, mul(coefficient(cell, 2u), power)), own);
}

// Slopes of the pointwise loss, times its coefficient; 0 where the truth is not finite.
fn loss_slopes(cell: u32, ln: Logarithms, t_bits: u32) -> Slopes {
  let slopes = pointwise_slopes(ln, of_bits(t_bits));
  let loss = coefficient(cell, 4u);
  let masked = !is_finite(t_bits);
  return Slopes(choose(mul(loss, slopes.on), ZERO, masked), choose(mul(loss, slopes.off), ZERO, masked));
}

// The derivative of the pointwise loss with respect to p.
fn slope_by_p(ln: Logarithms, slopes: Slopes) -> Scaled {
  let p = larger(exp_of(ln.p), SMALLEST);
  let q = larger(exp_of(ln.q), SMALLEST);
  return sub(mul(slopes.off, inverse(q)), mul(slopes.on, inverse(p)));
}

// p times that, for p up to 1/2 only.
fn slope_times_p(ln: Logarithms, slopes: Slopes) -> Scaled {
  return sub(mul(slopes.off, exp_of(smaller(sub(ln.p, ln.q), ZERO))), slopes.on);
}

// p (1 - p) times it: through a sigmoid the derivative with respect to the logit.
fn slope_by_logit(ln: Logarithms, slopes: Slopes) -> Scaled {
  return sub(mul(slopes.off, exp_of(ln.p)), mul(slopes.on, exp_of(ln.q)));
}

fn store(row: u32, channel: u32, gradient: Scaled) {
  result[params.r_head + row * params.r_row + channel * params.r_channel] = bits_of(gradient);
}

fn is_finite(bits: u32) -> bool {
  return (bits & 0x7fffffffu) < INFINITY;
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let slot = slot_of(workgroup, lid);
  if slot >= params.tasks {
    return;
  }
  let task = task_of(slot);
  for (var v = lid % LANES; v < task.voxels; v += LANES) {
    voxel(task.row + v, task.channel, task.plane * params.channels);
  }
}
