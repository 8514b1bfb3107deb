// Gradient A·t + B·p + C + D·sign(p - t) of each voxel, in integers, rounded once: the same bits everywhere. Voxels and
// coefficients have 30 bits, a product 60, their sum 62. Twin: kernel/exact_gradient.rs.

@group(0) @binding(2) var<storage, read_write> result: array<u32>;

const COEFFICIENTS: u32 = 6u;   // words per cell in aux: A, B, C, D, exponent, scale

// What a cell multiplies its voxels by: A and B, and C - D, C, C + D in units of the products.
struct Coefficients {
  product: i32,
  square: i32,
  below: Wide,
  equal: Wide,
  above: Wide,
  exponent: i32,
  scale: u32,
}

fn coefficients_of(cell: u32) -> Coefficients {
  let base = COEFFICIENTS * cell;
  let scale = aux[base + 5u];
  let one = i32(1u << (30u - scale));
  let constant = wide_product(bitcast<i32>(aux[base + 2u]), one);
  let sign = bitcast<i32>(aux[base + 3u]);
  // |C| + |D| ≤ 2^31 does not fit 31 bits of magnitude, so the two are multiplied apart.
  let below = wide_add(constant, wide_product(-sign, one));
  let above = wide_add(constant, wide_product(sign, one));
  return Coefficients(bitcast<i32>(aux[base]), bitcast<i32>(aux[base + 1u]), below, constant, above,
    bitcast<i32>(aux[base + 4u]), scale);
}

// trunc(x · 2^(30 - scale)) of f32 bits with |x| ≤ 2^scale.
fn fix30(bits: u32, scale: u32) -> i32 {
  let significand = ((bits << 7u) & 0x3fffffffu) | 0x40000000u;
  let exponent = (bits >> 23u) & 255u;
  let one = 127u + scale;
  let magnitude = i32(significand >> min(one - min(exponent, one), 31u));
  return select(magnitude, -magnitude, (bits >> 31u) != 0u);
}

fn gradient(k: Coefficients, p: u32, t: u32) -> u32 {
  if max(p & 0x7fffffffu, t & 0x7fffffffu) >= INFINITY {
    return 0u;
  }
  let p_key = order(vec4<u32>(p)).x;
  let t_key = order(vec4<u32>(t)).x;
  let constant = select(select(k.equal, k.below, p_key < t_key), k.above, p_key > t_key);
  let products = wide_add(wide_product(k.product, fix30(t, k.scale)), wide_product(k.square, fix30(p, k.scale)));
  return round_to_f32(wide_add(products, constant), k.exponent);
}

fn p_of(task: Task, v: u32) -> u32 {
  return p_load(task.row + v, task.channel, true).x;
}

fn t_of(task: Task, v: u32) -> u32 {
  return truth(task.row + v, task.channel, true).x;
}

fn store(task: Task, v: u32, bits: u32) {
  result[params.r_head + (task.row + v) * params.r_row + task.channel * params.r_channel] = bits;
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let slot = slot_of(workgroup, lid);
  if slot >= params.tasks {
    return;
  }
  let task = task_of(slot);
  let k = coefficients_of(task.plane * params.channels + task.channel);
  var v = lid % LANES;
  // Eight loads before the first use.
  for (; v + 3u * LANES < task.voxels; v += 4u * LANES) {
    let b = v + LANES;
    let c = b + LANES;
    let d = c + LANES;
    let p = vec4<u32>(p_of(task, v), p_of(task, b), p_of(task, c), p_of(task, d));
    let t = vec4<u32>(t_of(task, v), t_of(task, b), t_of(task, c), t_of(task, d));
    store(task, v, gradient(k, p.x, t.x));
    store(task, b, gradient(k, p.y, t.y));
    store(task, c, gradient(k, p.z, t.z));
    store(task, d, gradient(k, p.w, t.w));
  }
  for (; v < task.voxels; v += LANES) {
    store(task, v, gradient(k, p_of(task, v), t_of(task, v)));
  }
}
