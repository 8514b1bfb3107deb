//! Names of classes: segments, masks, dataset.json, BIDS.
