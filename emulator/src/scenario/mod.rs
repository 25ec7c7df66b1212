//! The harness as data: scenarios are read, played on a stage of their own, and judged by what they leave behind.
//!
//! Reading order: [`model`] is what a file may say, [`load`] reads it, [`run`] plays it and judges; [`step`] holds one kind
//! of step a file. [`outcome`] is what is left behind, [`oracle`] what must hold in any case, [`snapshot`] what it looked
//! like before, [`report`] how people are told.

pub mod discover;
pub mod load;
pub mod model;
pub mod oracle;
pub mod outcome;
pub mod play;
pub mod report;
pub mod run;
pub mod settings;
pub mod snapshot;
pub mod step;
