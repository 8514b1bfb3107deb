//! What can be wrong with the constructor call of a library's loss.

/// A call such as `monai.DiceLoss(sigmoid=True)` that cannot be read, or asks for what the library does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} (character {} of the call)", visible(fact), at + 1)]
pub struct CallError {
    /// Where, in characters from the start of the text.
    pub at: usize,
    /// What is wrong there, and what to do.
    pub fact: String,
}

/// The call is quoted in facts, so its control characters are escaped.
fn visible(fact: &str) -> String {
    let of = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    fact.chars().map(of).collect()
}
