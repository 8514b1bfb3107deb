//! Derivatives of a loss with respect to the sums of a cell.

/// Partial derivatives of a loss with respect to the sums of one cell: what a voxel pass needs to form the gradient.
///
/// With the activated prediction p and the truth t of a voxel, the derivative with respect to p is
/// `pred + product·t + power·s + abs_difference·sign(p − t) + pointwise·l`, where `s` is 2p for squared terms and
/// γ|p|^(γ−1)·sign(p) for powers, and `l` the derivative of the pointwise loss.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Partials {
    /// With respect to Σp.
    pub pred: f64,
    /// With respect to Σpt.
    pub product: f64,
    /// With respect to Σp² or Σ|p|^γ.
    pub power: f64,
    /// With respect to Σ|p−t|.
    pub abs_difference: f64,
    /// With respect to the sum of the pointwise loss.
    pub pointwise: f64,
}
