//! When a number counts as the golden one.

/// Whether `found` is `expected` within `tolerance`, relative to its size and absolute below 1e-3; NaN equals NaN.
/// Nothing is close to an infinity: relative to its size everything would be.
pub fn close(found: f64, expected: f64, tolerance: f64) -> Result<(), String> {
    let allowed = tolerance * expected.abs().max(1e-3);
    let near = expected.is_finite() && (found - expected).abs() <= allowed;
    let equal = near || (found.is_nan() && expected.is_nan());
    if equal { Ok(()) } else { Err(format!("{found:e} instead of {expected:e}, {:e} apart", (found - expected).abs())) }
}

/// The first difference.
pub fn all_close(found: &[f64], expected: &[f64], tolerance: f64) -> Result<(), String> {
    if found.len() != expected.len() {
        return Err(format!("{} values instead of {}", found.len(), expected.len()));
    }
    let mut pairs = found.iter().zip(expected).enumerate();
    pairs.try_for_each(|(i, (&a, &b))| close(a, b, tolerance).map_err(|e| format!("value {i}: {e}")))
}

/// Cases that failed, with the count of those that passed.
#[derive(Debug, Default)]
pub struct Verdict {
    pub passed: usize,
    pub failed: Vec<String>,
}

impl Verdict {
    pub fn note(&mut self, name: &str, result: Result<(), String>) {
        match result {
            Ok(()) => self.passed += 1,
            Err(error) => self.failed.push(format!("{name}: {error}")),
        }
    }

    /// All passed, and as many as there should be; nothing where the shared folder is absent.
    pub fn demand(&self, passed: usize) {
        assert!(self.failed.is_empty(), "{}", self.failed.join("\n"));
        if crate::shared::shared().is_some() {
            assert_eq!(self.passed, passed);
        }
    }
}

#[test]
fn the_comparator_fails_on_a_value_1e_9_off() {
    assert!(close(0.5 + 1e-9, 0.5, 1e-12).is_err());
    assert!(close(0.5 + 1e-13, 0.5, 1e-12).is_ok());
    assert!(close(f64::NAN, 0.5, 1.0).is_err() && close(0.5, f64::NAN, 1.0).is_err());
    assert!(all_close(&[1.0], &[1.0, 1.0], 1.0).is_err());
    assert!(all_close(&[1.0, 2.0 + 1e-9], &[1.0, 2.0], 1e-12).is_err());
}
