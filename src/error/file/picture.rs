//! Errors of pictures: PNG, BMP and TIFF.

use thiserror::Error;

use super::FileErrorKind;

/// What is wrong with a picture as a label map. Each message ends with what to do.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PictureFault {
    /// Its bytes are not those of a sound file.
    #[error("the {format} file is damaged: {what}; copy or make the file again")]
    Damaged {
        /// `PNG`, `BMP` or `TIFF`.
        format: &'static str,
        /// What is wrong.
        what: String,
    },
    /// Allowed by the format, and not read here.
    #[error("{what} cannot be read; {remedy}")]
    Unsupported {
        /// What it is.
        what: String,
        /// What to do.
        remedy: &'static str,
    },
    /// The pictures of a folder are no slices of one volume.
    #[error("its pictures are no slices of one volume: {0}")]
    Slices(
        /// What is wrong with their names, and what to do.
        String,
    ),
    /// A pixel has a colour, which is no number.
    #[error(
        "pixel {} has the colour {}, and a label map has one number per pixel; write the numbers of the classes as a grey or a palette picture, or as .npy, or say which colour is which label",
        super::Place(position),
        listed(colour)
    )]
    Colour {
        /// The first such pixel, x first.
        position: Vec<u64>,
        /// Red, green and blue.
        colour: [u16; 3],
    },
    /// A pixel has a colour that is none of the given ones.
    #[error(
        "pixel {} has the colour {}, which is none of the table of colours; {}",
        super::Place(position),
        listed(colour),
        remedy(colour)
    )]
    Unlisted {
        /// The first such pixel, x first.
        position: Vec<u64>,
        /// Red, green and blue.
        colour: [u16; 3],
    },
    /// Some pixels are more transparent than others, which a label cannot be.
    #[error(
        "pixel {} is more or less transparent than the first one, and a label map has one number per pixel; write it without an alpha channel",
        super::Place(position)
    )]
    Alpha {
        /// The first such pixel, x first.
        position: Vec<u64>,
    },
}

fn listed(colour: &[u16; 3]) -> String {
    let [red, green, blue] = colour;
    format!("({red}, {green}, {blue})")
}

fn remedy(colour: &[u16; 3]) -> &'static str {
    if colour.iter().any(|&part| part > u8::MAX.into()) {
        "a table has colours of 8 bits; write the picture with 8 bits for each of red, green and blue"
    } else {
        "add it there, or write the picture without smoothed edges, which have such colours"
    }
}

impl PictureFault {
    /// The group of the error that has this fault.
    pub(super) const fn kind(&self) -> FileErrorKind {
        match self {
            Self::Colour { .. } | Self::Unlisted { .. } | Self::Alpha { .. } => FileErrorKind::NotALabelMap,
            Self::Damaged { .. } | Self::Unsupported { .. } | Self::Slices(_) => FileErrorKind::BadPicture,
        }
    }
}
