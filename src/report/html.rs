//! The summary as one HTML page to read, to print and to pass on: nothing beside it, no request to anywhere, and the
//! same bytes for the same summary.

pub(in crate::report) mod document;
mod figure;
mod findings;
mod header;
mod histogram;
mod lesions;
mod outline;
mod page;
pub(in crate::report) mod picture;
pub(in crate::report) mod plot;
mod policy;
pub(in crate::report) mod scale;
mod scatter;
mod surfaces;
mod tables;
pub(in crate::report) mod text;
mod whiskers;
pub(in crate::report) mod worst;

#[cfg(test)]
#[cfg(feature = "cli")]
mod tests;

pub use page::html;
