//! The summary as one HTML page to read, to print and to pass on: nothing beside it, no request to anywhere, and the
//! same bytes for the same summary.

mod findings;
mod header;
mod outline;
mod page;
mod picture;
mod plot;
mod policy;
mod scale;
mod tables;
mod text;
mod worst;

#[cfg(test)]
#[cfg(feature = "cli")]
mod tests;

pub use page::html;
