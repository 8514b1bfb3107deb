//! Surface distances of two masks by the definition: every element against every target.

use crate::stats::{DistanceCount, Elements, ImageEdge, Lattice, NO_TARGET, SurfaceOptions, Target, kinds};

type Place = [i64; 3];

/// A mask of an image.
struct Mask<'a> {
    extent: [usize; 3],
    axes: usize,
    edge: ImageEdge,
    voxels: &'a [bool],
}

impl Mask<'_> {
    fn has(&self, place: Place) -> bool {
        let inside: [usize; 3] =
            std::array::from_fn(|axis| place[axis].clamp(0, self.extent[axis] as i64 - 1) as usize);
        if self.edge == ImageEdge::Background && inside.map(|at| at as i64) != place {
            return false;
        }
        let [z, y, x] = inside;
        self.voxels[(z * self.extent[1] + y) * self.extent[2] + x]
    }

    /// Steps of up to one voxel along each axis, along `steps` axes at most.
    fn around(&self, steps: usize) -> impl Iterator<Item = Place> {
        let z = if self.axes == 3 { -1..=1 } else { 0..=0 };
        let all = z.flat_map(|z| (-1..=1).flat_map(move |y| (-1..=1).map(move |x| [z, y, x])));
        all.filter(move |step: &Place| step.iter().filter(|&&along| along != 0).count() <= steps)
    }

    /// Which of the voxels that meet at the corner before a voxel are in the mask.
    fn code(&self, [z, y, x]: Place) -> usize {
        let slices = if self.axes == 3 { z - 1..=z } else { z..=z };
        let voxels = slices.flat_map(|z| (y - 1..=y).flat_map(move |y| (x - 1..=x).map(move |x| [z, y, x])));
        voxels.fold(0, |code, voxel| code << 1 | usize::from(self.has(voxel)))
    }

    /// Elements with their kinds.
    fn elements(&self, elements: Elements) -> Vec<(Place, u8)> {
        let corners = i64::from(elements == Elements::Corner);
        let [nz, ny, nx] = self.extent.map(|n| n as i64);
        let slices = nz + if self.axes == 3 { corners } else { 0 };
        let places =
            (0..slices).flat_map(|z| (0..ny + corners).flat_map(move |y| (0..nx + corners).map(move |x| [z, y, x])));
        let steps = match elements {
            Elements::Corner => {
                let kinds = kinds(self.axes);
                let found = places.map(|place| (place, kinds.of_code[self.code(place)]));
                return found.filter(|&(_, kind)| kind > 0).collect();
            }
            Elements::Voxel => 0,
            Elements::Face => 1,
            Elements::Edge => 2,
            Elements::Full => 3,
        };
        let outside = |[z, y, x]: Place| self.around(steps).any(|[dz, dy, dx]| !self.has([z + dz, y + dy, x + dx]));
        let is_element = |place: Place| self.has(place) && (steps == 0 || outside(place));
        places.filter(|&place| is_element(place)).map(|place| (place, 0)).collect()
    }
}

/// Of the elements of the first mask to the second one, and the other way round; in no order.
pub(crate) fn distances(
    extent: [usize; 3],
    masks: [&[bool]; 2],
    options: &SurfaceOptions,
    lattice: &Lattice,
) -> [Vec<DistanceCount>; 2] {
    let masks = masks.map(|voxels| Mask { extent, axes: lattice.axes(), edge: options.image_edge, voxels });
    let target = match options.target {
        Target::Elements => options.elements,
        Target::Mask => Elements::Voxel,
        Target::Face => Elements::Face,
        Target::Full => Elements::Full,
    };
    let weights = lattice.weights3();
    let squared = |a: &Place, b: &Place| -> u64 {
        (0..3).map(|axis| weights[axis] * (a[axis] - b[axis]).unsigned_abs().pow(2)).sum()
    };
    let of = |own: &Mask<'_>, other: &Mask<'_>| {
        let targets = other.elements(target);
        let nearest = |place: &Place| targets.iter().map(|(to, _)| squared(place, to)).min().unwrap_or(NO_TARGET);
        let elements = own.elements(options.elements).into_iter();
        elements.map(|(place, kind)| DistanceCount { squared: nearest(&place), kind, count: 1 }).collect()
    };
    [of(&masks[0], &masks[1]), of(&masks[1], &masks[0])]
}
