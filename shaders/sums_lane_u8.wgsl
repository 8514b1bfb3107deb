// What one lane of a sums kernel adds, for two u8 operands: plain integers, in units of 1 instead of the
// grid; the host shifts them onto it. 255² · 65,536 < 2^32, so a block fits one u32 per sum. Twin: kernel/sums.rs.

fn lane_quad(lane: ptr<function, Lane>, p: vec4<u32>, t: vec4<u32>, scale: u32) {
  let one = vec4<u32>(1u);
  let largest = max(p, t);
  (*lane).max_abs = max((*lane).max_abs, max(max(largest.x, largest.y), max(largest.z, largest.w)));
  (*lane).p = acc_add((*lane).p, acc_of(dot(p, one)));
  (*lane).t = acc_add((*lane).t, acc_of(dot(t, one)));
  (*lane).pt = acc_add((*lane).pt, acc_of(dot(p, t)));
  if TERMS > 3u {
    (*lane).pp = acc_add((*lane).pp, acc_of(dot(p, p)));
    (*lane).tt = acc_add((*lane).tt, acc_of(dot(t, t)));
  }
  if TERMS > 5u {
    (*lane).difference = acc_add((*lane).difference, acc_of(dot(largest - min(p, t), one)));
  }
}

fn lane_one(lane: ptr<function, Lane>, p: u32, t: u32, scale: u32) {
  lane_quad(lane, vec4<u32>(p, 0u, 0u, 0u), vec4<u32>(t, 0u, 0u, 0u), scale);
}
