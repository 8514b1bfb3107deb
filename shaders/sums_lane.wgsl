// What one lane of a sums kernel adds, on f32 bits. Twin: kernel/sums.rs.

override CAREFUL: bool = false;  // leave out voxels where either value is NaN or infinite

const TOO_LARGE: u32 = 0xffffffffu;   // no |x| has these bits: a pointwise loss went beyond its grid

fn lane_add(lane: ptr<function, Lane>, p_in: u32, t_in: u32, scale: u32) {
  let p_abs = p_in & 0x7fffffffu;
  let t_abs = t_in & 0x7fffffffu;
  (*lane).max_abs = max((*lane).max_abs, max(p_abs, t_abs));
  var p = p_in;
  var t = t_in;
  if CAREFUL {
    let skip = p_abs >= INFINITY || t_abs >= INFINITY;
    p = select(p, 0u, skip);
    t = select(t, 0u, skip);
  }
  let p_fix = acc_signed(fix_magnitude(p, scale), (p >> 31u) != 0u);
  let t_fix = acc_signed(fix_magnitude(t, scale), (t >> 31u) != 0u);
  (*lane).p = acc_add((*lane).p, p_fix);
  (*lane).t = acc_add((*lane).t, t_fix);
  (*lane).pt = acc_add((*lane).pt, acc_signed(fix_product_magnitude(p, t, scale), ((p ^ t) >> 31u) != 0u));
  if TERMS > 3u {
    (*lane).pp = acc_add((*lane).pp, fix_power(p, scale));
    (*lane).tt = acc_add((*lane).tt, fix_power(t, scale));
  }
  if TERMS > 5u {
    (*lane).difference = acc_add((*lane).difference, acc_abs_difference(p_fix, t_fix));
  }
}

fn lane_quad(lane: ptr<function, Lane>, p: vec4<u32>, t: vec4<u32>, scale: u32) {
  lane_add(lane, p.x, t.x, scale);
  lane_add(lane, p.y, t.y, scale);
  lane_add(lane, p.z, t.z, scale);
  lane_add(lane, p.w, t.w, scale);
}

fn lane_one(lane: ptr<function, Lane>, p: u32, t: u32, scale: u32) {
  lane_add(lane, p, t, scale);
}
