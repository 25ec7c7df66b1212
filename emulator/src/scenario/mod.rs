//! The harness as data: scenarios are read, run on a stage of their own, and judged by what they leave behind.
//!
//! Reading order: [`model`] is what a file may say, [`load`] reads it, [`run`] runs one and judges, [`runner`] several; [`step`] holds one kind
//! of step a file, and [`so_far`] is what claims are held against. [`outcome`] is what is left behind, with the [`events`] and
//! their [deliveries](delivery) in it; [`oracle`] and [`unbound`] are what must hold in any case, [`idle`] what was planned and did not happen, [`coverage`] which shapes of MPS events were shown, [`snapshot`] what it looked like before,
//! [`report`] how people are told.

pub mod coverage;
pub mod delivery;
pub mod discover;
pub mod events;
pub mod failure;
pub mod idle;
pub mod invocable;
pub mod load;
pub mod model;
pub mod oracle;
pub mod outcome;
pub mod report;
pub mod run;
pub mod runner;
pub mod settings;
pub mod snapshot;
pub mod so_far;
pub mod step;
pub mod step_context;
pub mod unbound;
