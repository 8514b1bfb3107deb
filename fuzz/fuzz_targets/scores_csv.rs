#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| voxdice_fuzz::private("scores_csv", data));
