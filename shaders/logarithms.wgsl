// ln p and ln (1 - p) of probabilities, for pointwise losses. Twin: `Voxels::logarithms` in kernel/voxelwise.rs.

struct Logarithms {
  p: Scaled,
  q: Scaled,
}

// Slopes of a loss, whose derivative with respect to p is off / (1 - p) - on / p. Apart, both keep their digits where p or
// 1 - p is next to 0.
struct Slopes {
  on: Scaled,
  off: Scaled,
}

// No logarithm of a probability is below -100, as in PyTorch's BCELoss; those of logits may be.
fn ln_floored(x: Scaled) -> Scaled {
  return choose(LEAST_LOGARITHM, larger(ln_of(x), LEAST_LOGARITHM), less(ZERO, x));
}
