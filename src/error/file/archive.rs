//! What is wrong with an archive of arrays.

use thiserror::Error;

/// Why an array of a `.npz` archive cannot be had. Each message ends with what to do.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NpzFault {
    /// The file is none.
    #[error("this is no archive, as numpy.savez writes it; copy or make the file again")]
    NoArchive,
    /// The archive, or an array in it, is broken.
    #[error("the archive is damaged: {0}; copy or make the file again")]
    Damaged(
        /// What is wrong.
        String,
    ),
    /// Nothing in it is an array.
    #[error("there is no array in this archive; save one with numpy.savez")]
    Nothing,
    /// It has several arrays, and none is named.
    #[error("there are {} arrays in this archive, {}; name one, as in FILE.npz:{}", .0.len(), listed(.0), first(.0))]
    Several(
        /// What they are called.
        Vec<String>,
    ),
    /// It has no array of this name.
    #[error("there is no array {name} in this archive, but {}; name one of them", listed(members))]
    NoMember {
        /// What was looked for.
        name: String,
        /// What its arrays are called.
        members: Vec<String>,
    },
    /// An array is packed in another way than NumPy packs it.
    #[error("{name} is packed in a way that is not read; save it with numpy.savez or savez_compressed")]
    Packed {
        /// The array.
        name: String,
    },
}

/// The first ten names.
fn listed(names: &[String]) -> String {
    match names {
        [] => "none".into(),
        names => {
            let more = if names.len() > 10 { ", ..." } else { "" };
            format!("{}{more}", names.iter().take(10).map(String::as_str).collect::<Vec<_>>().join(", "))
        }
    }
}

fn first(names: &[String]) -> &str {
    names.first().map_or("", String::as_str)
}
