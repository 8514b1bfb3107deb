#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| voxdice_fuzz::bodies::npz(data));
