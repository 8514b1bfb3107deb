//! The parameters of the kernels for surface distances and lesions. Twin: shaders/surface.wgsl; a test compares them.

use crate::job::BoxMasks;
use crate::plan::WORKGROUP;

/// Numbers in front of the tables that they point to, which begin behind them.
#[derive(Debug, Clone, Copy, Default, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub(in crate::gpu) struct Numbers {
    pub groups_x: u32,
    pub groups: u32,
    pub tasks: u32,
    pub tasks_at: u32,
    pub records_at: u32,
    pub segments: u32,
    pub weight_z: [u32; 2],
    pub weight_y: [u32; 2],
    pub weight_x: [u32; 2],
    pub image_slices: u32,
    pub image_rows: u32,
    pub image_columns: u32,
    pub window_first: u32,
    pub window_rows: u32,
    pub p_head: u32,
    pub t_head: u32,
    pub ignored_at: u32,
    pub ignored_labels: u32,
    pub kinds_at: u32,
    pub offsets_at: u32,
    pub queries: u32,
    pub rows: u32,
    pub rows_at: u32,
    pub limit: [u32; 2],
    pub slots: u32,
    pub segment: u32,
    pub from: u32,
    pub side: u32,
    pub class_entries: u32,
    pub classes_at: u32,
    pub boxes: u32,
    pub first_plane: u32,
    pub runs: u32,
    pub first_run: u32,
    pub end_run: u32,
    pub windows_at: u32,
}

/// A class in its box.
#[derive(Debug, Clone, Copy, Default, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub(in crate::gpu) struct Record {
    pub first: u32,
    pub half: u32,
    pub mask: [u32; 3],
    pub grid_rows: u32,
    pub width: u32,
    pub low: [u32; 3],
    pub sides: u32,
    pub labels_at: u32,
    pub labels: u32,
    pub budget: u32,
    pub grid_slices: u32,
    pub unused: u32,
}

/// A range of words of one segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::gpu) struct Task {
    pub first: u32,
    pub words: u32,
    pub segment: u32,
}

impl Task {
    pub fn groups(&self) -> u32 {
        self.words.div_ceil(WORKGROUP)
    }
}

/// Numbers and tables on their way to a kernel.
#[derive(Debug, Clone, Default)]
pub(in crate::gpu) struct Told {
    pub numbers: Numbers,
    tables: Vec<u32>,
}

/// Words of a u64, low word first.
pub(in crate::gpu) fn halves(value: u64) -> [u32; 2] {
    [value as u32, (value >> 32) as u32]
}

impl Told {
    /// Appends a table, and says where it is.
    pub fn table(&mut self, words: impl IntoIterator<Item = u32>) -> u32 {
        let at = (size_of::<Numbers>() / 4 + self.tables.len()) as u32;
        self.tables.extend(words);
        at
    }

    /// Appends tasks, whose workgroups follow each other.
    pub fn tasks(&mut self, tasks: &[Task]) {
        let mut groups = 0;
        let mut words = Vec::with_capacity(4 * tasks.len());
        for task in tasks {
            words.extend([groups, task.first, task.words, task.segment]);
            groups += task.groups();
        }
        self.numbers.tasks_at = self.table(words);
        self.numbers.tasks = tasks.len() as u32;
        self.numbers.groups = groups;
    }

    pub fn words(&self) -> Vec<u32> {
        [bytemuck::cast_slice(&[self.numbers]), &self.tables[..]].concat()
    }
}

impl Record {
    /// Words of one mask.
    pub fn words(&self) -> u32 {
        self.grid_slices * self.grid_rows * self.width
    }

    /// Voxels or corners along each axis.
    pub fn grid_columns(&self, corners: bool) -> u32 {
        self.mask[2] + u32::from(corners)
    }

    /// Appends the masks from the words of all segments, of a box whose grid is that of its voxels.
    pub fn append(&self, masks: &mut BoxMasks, words: &[u32]) {
        let (first, half) = (self.first as usize, self.half as usize);
        for (into, start) in [(&mut masks.truth, first), (&mut masks.pred, first + half)] {
            into.extend_from_slice(&words[start..start + self.words() as usize]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::mem::offset_of;

    const SHADER: &str = include_str!("../../../shaders/surface.wgsl");

    /// The value of a constant of the shader.
    fn constant(name: &str) -> usize {
        let (_, value) = SHADER.split_once(&format!("const {name}: u32 = ")).unwrap();
        value.split_once("u;").unwrap().0.parse().unwrap()
    }

    macro_rules! places {
        ($of:ident: $($field:ident $name:literal)*) => {
            $(assert_eq!(constant($name), offset_of!($of, $field) / 4, $name);)*
        };
    }

    #[test]
    fn the_shader_finds_the_numbers_where_they_are() {
        places!(Numbers: groups_x "GROUPS_X" groups "GROUPS" tasks "TASKS" tasks_at "TASKS_AT" records_at "RECORDS_AT"
            segments "SEGMENTS" weight_z "WEIGHT_Z" weight_y "WEIGHT_Y" weight_x "WEIGHT_X" image_slices "IMAGE_SLICES"
            image_rows "IMAGE_ROWS" image_columns "IMAGE_COLUMNS" window_first "WINDOW_FIRST" window_rows "WINDOW_ROWS"
            p_head "P_HEAD" t_head "T_HEAD" ignored_at "IGNORED_AT" ignored_labels "IGNORED_LABELS" kinds_at "KINDS_AT"
            offsets_at "OFFSETS_AT" queries "QUERIES" rows "ROWS" rows_at "ROWS_AT" limit "LIMIT" slots "SLOTS"
            segment "SEGMENT" from "FROM" side "SIDE" class_entries "CLASS_ENTRIES" classes_at "CLASSES_AT" boxes "BOXES"
            first_plane "FIRST_PLANE" runs "RUNS" first_run "FIRST_RUN" end_run "END_RUN" windows_at "WINDOWS_AT");
        places!(Record: first "FIRST" half "HALF" mask "MASK_SLICES" grid_rows "GRID_ROWS" width "WIDTH" low "LOW_Z"
            sides "SIDES" labels_at "LABELS_AT" labels "LABELS" budget "BUDGET" grid_slices "GRID_SLICES");
        assert_eq!(constant("RECORD_WORDS"), size_of::<Record>() / 4);
    }
}
