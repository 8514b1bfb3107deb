// The parameters of every fold in aux: the windows that have partials.

const GROUPS: u32 = 0u;         // workgroups along x
const WINDOWS: u32 = 1u;        // how many windows
const FROM_PLANE: u32 = 2u;     // planes that they touch: the first,
const PLANES: u32 = 3u;         //   and how many
// 4 to 10 are specific to the fold.

const WINDOW: u32 = 11u;        // where the words of the first window begin,
const WINDOW_WORDS: u32 = 6u;   //   in words
const FIRST_PLANE: u32 = 0u;    // planes the window touches: the first,
const WINDOW_PLANES: u32 = 1u;  //   and how many
const FIRST_BLOCK: u32 = 2u;    // the first block, within its cell,
const BLOCKS: u32 = 3u;         //   and the blocks of a channel
const PARTS: u32 = 4u;          // parts of each task
const BASE: u32 = 5u;           // word where its partials begin
