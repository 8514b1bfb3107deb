//! Derivatives of a loss with respect to the sums of a cell.

/// How the loss of a group changes with the moments of one of its cells.
///
/// With them, the derivative of the loss with respect to a voxel p (after the activation) is
///
/// `pred + product·t + pred_power·γ·|p|^(γ−1)·sign(p) + abs_difference·sign(p−t) + pointwise·ℓ'(p, t)`
///
/// where γ is the [exponent](crate::metric::Denominator::exponent) of the denominator, sign(0) = 0 and ℓ' is
/// [`Pointwise::derivative`](crate::metric::Pointwise::derivative). For γ = 1 the derivative of Σp^γ is part of `pred`, so
/// that `pred_power` is 0 and need not be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Partials {
    /// With respect to Σp (and Σp^γ where γ = 1).
    pub pred: f64,
    /// With respect to Σpt.
    pub product: f64,
    /// With respect to Σp^γ where γ ≠ 1.
    pub pred_power: f64,
    /// With respect to Σ|p−t|.
    pub abs_difference: f64,
    /// With respect to the sum of the pointwise loss.
    pub pointwise: f64,
}
