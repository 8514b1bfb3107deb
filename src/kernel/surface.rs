//! Kernels of surface distances. Their twins, step by step, are in `cpu/surface`; `twin` has the definition.

#[cfg(feature = "gpu")]
pub(crate) mod twin;

use super::source::fragment::{
    CLASSES, SURFACE, SURFACE_ASKED, SURFACE_BITS, SURFACE_BOXES, SURFACE_COLUMNS, SURFACE_COUNTS, SURFACE_ELEMENTS,
    SURFACE_HISTOGRAM, SURFACE_NEAREST, SURFACE_PLANES, SURFACE_QUERIES, SURFACE_ROWS, SURFACE_SEARCH, SURFACE_SQUARES,
    flag,
};

/// A kernel of surface distances, in the order of their work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum SurfaceKernel {
    /// The box of each class.
    Boxes {
        /// Whether the class table must be searched.
        search: bool,
    },
    /// Masks as bits.
    Bits,
    /// Elements of masks.
    Elements {
        axes: u32,
        shape: Shape,
    },
    /// How many of them must be searched for.
    Counts {
        axes: u32,
        corners: bool,
    },
    /// Which.
    Queries {
        axes: u32,
        corners: bool,
    },
    /// The nearest targets, where they are near. Of this and the following ones: whether distances need 64 bits.
    Search {
        wide: bool,
    },
    /// The distance transform along each axis, for the others.
    Rows,
    Planes {
        wide: bool,
    },
    Columns {
        wide: bool,
    },
    /// Counts of equal distances.
    Histogram,
}

/// What elements are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Shape {
    /// Voxels with a neighbour outside, to whom steps lead along so many axes.
    Voxels { steps: u32 },
    /// Corners of voxels.
    Corners,
}

impl SurfaceKernel {
    /// The kernels of a lattice with two or three axes, and those that do not use a lattice, without operands.
    pub fn all() -> Vec<Self> {
        let mut all = vec![Self::Rows, Self::Histogram];
        for axes in [2, 3] {
            let shapes = (1..=axes).map(|steps| Shape::Voxels { steps }).chain([Shape::Corners]);
            all.extend(shapes.map(|shape| Self::Elements { axes, shape }));
            for corners in [false, true] {
                all.extend([Self::Counts { axes, corners }, Self::Queries { axes, corners }]);
            }
        }
        for wide in [false, true] {
            all.extend([Self::Search { wide }, Self::Planes { wide }, Self::Columns { wide }]);
        }
        all
    }

    /// Whether it reads label maps.
    pub fn loads(self) -> bool {
        matches!(self, Self::Boxes { .. } | Self::Bits)
    }

    pub fn fragments(self) -> &'static [&'static str] {
        match self {
            Self::Boxes { .. } => &[SURFACE, CLASSES, SURFACE_BOXES],
            Self::Bits => &[SURFACE, SURFACE_BITS],
            Self::Elements { .. } => &[SURFACE, SURFACE_ELEMENTS],
            Self::Counts { .. } => &[SURFACE, SURFACE_ASKED, SURFACE_COUNTS],
            Self::Queries { .. } => &[SURFACE, SURFACE_ASKED, SURFACE_QUERIES],
            Self::Search { .. } => &[SURFACE, SURFACE_SQUARES, SURFACE_NEAREST, SURFACE_SEARCH],
            Self::Rows => &[SURFACE, SURFACE_ROWS],
            Self::Planes { .. } => &[SURFACE, SURFACE_SQUARES, SURFACE_PLANES],
            Self::Columns { .. } => &[SURFACE, SURFACE_SQUARES, SURFACE_COLUMNS],
            Self::Histogram => &[SURFACE, SURFACE_HISTOGRAM],
        }
    }

    pub fn constants(self) -> Vec<(&'static str, f64)> {
        match self {
            Self::Boxes { search } => vec![("SEARCH", flag(search))],
            Self::Elements { axes, shape } => {
                let steps = if let Shape::Voxels { steps } = shape { steps } else { 0 };
                let corners = flag(shape == Shape::Corners);
                vec![("AXES", axes.into()), ("STEPS", steps.into()), ("CORNERS", corners)]
            }
            Self::Counts { axes, corners } | Self::Queries { axes, corners } => {
                vec![("AXES", axes.into()), ("CORNERS", flag(corners))]
            }
            Self::Search { wide } | Self::Planes { wide } | Self::Columns { wide } => vec![("WIDE", flag(wide))],
            Self::Bits | Self::Rows | Self::Histogram => Vec::new(),
        }
    }

    pub fn name(self) -> String {
        let wide = |wide| if wide { " of 64 bits" } else { "" };
        let of = |corners| if corners { "corners" } else { "voxels" };
        match self {
            Self::Boxes { search } => format!("surface boxes{}", if search { " search" } else { "" }),
            Self::Bits => "surface bits".into(),
            Self::Elements { axes, shape } => format!("surface elements {axes}-D {shape:?}"),
            Self::Counts { axes, corners } => format!("surface counts {axes}-D {}", of(corners)),
            Self::Queries { axes, corners } => format!("surface queries {axes}-D {}", of(corners)),
            Self::Search { wide: w } => format!("surface search{}", wide(w)),
            Self::Rows => "surface rows".into(),
            Self::Planes { wide: w } => format!("surface planes{}", wide(w)),
            Self::Columns { wide: w } => format!("surface columns{}", wide(w)),
            Self::Histogram => "surface histogram".into(),
        }
    }
}
