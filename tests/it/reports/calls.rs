//! Losses of other libraries beyond their defaults.
