// What one lane of a sums kernel adds where an operand is f64: voxels one by one, both operands as f64 bits, the low
// word first. The f32 next to a voxel says whether it is finite, and which scale its block has. Twin: kernel/doubles.rs.

override CAREFUL: bool = false;  // leave out voxels where either value is NaN or infinite

fn exponent_of(bits: vec2<u32>) -> u32 {
  return (bits.y >> 20u) & 2047u;
}

// The upper 21 bits of a significand; the others are the low word.
fn upper(bits: vec2<u32>) -> u32 {
  return (bits.y & 0xfffffu) | 0x100000u;
}

fn whole_product(a: u32, b: u32) -> Acc {
  return acc_from(vec2<u32>(a * b, mulhi(a, b)));
}

// trunc(|x| · 2^(46 - scale)) of f64 bits whose f32 is at most 2^scale: the significand, shifted by the exponent.
fn fix_double(x: vec2<u32>, scale: u32) -> Acc {
  let one = 1023u + scale;
  return acc_shr(acc_from(vec2<u32>(x.x, upper(x))), min(6u + one - min(exponent_of(x), one), 63u));
}

// trunc(|x·y| · 2^(46 - 2 scale)): the exact 106-bit product of the significands, of which at least 58 bits are cut off.
fn fix_double_product(x: vec2<u32>, y: vec2<u32>, scale: u32) -> Acc {
  let a = upper(x);
  let b = upper(y);
  // Without the 32 lowest bits and without a·b, whose lowest bit is bit 64.
  let crossed = acc_add(whole_product(a, y.x), whole_product(x.x, b));
  let middle = acc_add(crossed, acc_of(mulhi(x.x, y.x)));
  let product = acc_add(whole_product(a << 3u, b << 3u), acc_shr(middle, 26u));
  let one = 2046u + 2u * scale;
  return acc_shr(product, min(one - min(exponent_of(x) + exponent_of(y), one), 63u));
}

fn sum_task(lane: ptr<function, Lane>, task: Task, lane_id: u32) {
  for (var i = lane_id; i < task.voxels; i += LANES) {
    let row = task.row + i;
    let p_near = pred(row, task.channel, true).x;
    let t_near = truth(row, task.channel, true).x;
    let p_abs = p_near & 0x7fffffffu;
    let t_abs = t_near & 0x7fffffffu;
    (*lane).max_abs = max((*lane).max_abs, max(p_abs, t_abs));
    var p = p_exact(row, task.channel, p_near);
    var t = t_exact(row, task.channel, t_near);
    if CAREFUL {
      let skip = p_abs >= INFINITY || t_abs >= INFINITY;
      p = select(p, vec2<u32>(0u), skip);
      t = select(t, vec2<u32>(0u), skip);
    }
    let p_fix = acc_signed(fix_double(p, task.scale), (p.y >> 31u) != 0u);
    let t_fix = acc_signed(fix_double(t, task.scale), (t.y >> 31u) != 0u);
    (*lane).p = acc_add((*lane).p, p_fix);
    (*lane).t = acc_add((*lane).t, t_fix);
    let pt = acc_signed(fix_double_product(p, t, task.scale), ((p.y ^ t.y) >> 31u) != 0u);
    (*lane).pt = acc_add((*lane).pt, pt);
    if TERMS > 3u {
      (*lane).pp = acc_add((*lane).pp, fix_double_product(p, p, task.scale));
      (*lane).tt = acc_add((*lane).tt, fix_double_product(t, t, task.scale));
    }
    if TERMS > 5u {
      (*lane).difference = acc_add((*lane).difference, acc_abs_difference(p_fix, t_fix));
    }
  }
}
