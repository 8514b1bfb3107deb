// What every activation yields, and helpers on f32 bits. Twin: kernel/voxelwise.rs.

struct Activated {
  bits: vec4<u32>,   // the activated values, as f32 bits; NaN where the voxel is not finite
  ln_p: vec4<f32>,   // ln p and ln (1 - p), for the pointwise losses
  ln_q: vec4<f32>,
}

// Without logits: no logarithm is below -100, as in PyTorch's BCELoss.
fn activated(bits: vec4<u32>) -> Activated {
  let p = bitcast<vec4<f32>>(bits);
  return Activated(bits, ln(p), ln(vec4<f32>(1.0) - p));
}

fn ln(x: vec4<f32>) -> vec4<f32> {
  let least = vec4<f32>(-100.0);
  return select(max(log(x), least), least, x <= vec4<f32>(0.0));
}

fn non_finite(bits: vec4<u32>) -> vec4<bool> {
  return (bits & vec4<u32>(0x7fffffffu)) >= vec4<u32>(INFINITY);
}

// f32 bits as integers that order like the values; -0 counts as 0.
fn order(bits: vec4<u32>) -> vec4<u32> {
  let canonical = select(bits, vec4<u32>(0u), (bits << vec4<u32>(1u)) == vec4<u32>(0u));
  return select(canonical | vec4<u32>(0x80000000u), ~canonical, (canonical >> vec4<u32>(31u)) != vec4<u32>(0u));
}
