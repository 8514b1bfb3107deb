// Losses of single voxels. Twin: `Voxel::pointwise` in kernel/voxelwise.rs.

override POINTWISE: u32 = 0u;   // 0: none; 1: cross-entropy, 2: binary cross-entropy, 3: focal, 4: categorical focal

fn pointwise(p: Activated, t_bits: vec4<u32>) -> vec4<f32> {
  let one = vec4<f32>(1.0);
  let t = bitcast<vec4<f32>>(t_bits);
  if POINTWISE == 1u {
    return -t * p.ln_p;
  }
  if POINTWISE == 2u {
    return -t * p.ln_p - (one - t) * p.ln_q;
  }
  // Powers by logarithms: (1 - p)^gamma = e^(gamma ln(1 - p)). Without gamma and with a weight this is the balanced
  // binary cross-entropy.
  var on = 1.0;
  var off = 1.0;
  if params.alpha >= 0.0 {
    on = params.alpha;
    off = 1.0 - params.alpha;
  }
  let foreground = -on * t * exp(params.gamma * p.ln_q) * p.ln_p;
  if POINTWISE == 4u {
    return foreground;
  }
  return foreground - off * (one - t) * exp(params.gamma * p.ln_p) * p.ln_q;
}
