//! The report as one HTML page to read, to print and to pass on: nothing beside it, no request to anywhere, and the
//! same bytes for the same report.

mod findings;
mod header;
mod orient;
mod outline;
mod page;
mod picture;
mod plot;
mod policy;
mod scale;
mod slice;
mod source;
mod tables;
mod text;
mod worst;

#[cfg(test)]
mod tests;

pub(super) use page::render;
