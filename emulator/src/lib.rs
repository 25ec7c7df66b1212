//! backlot plays Tencent Cloud's media-callback chain on one machine: MPS finishes a task, its trigger makes an SCF
//! function run, and what the function writes lands in COS.
//!
//! Imports go down this list only, and the services do not import one another: what one wants of another it says as a
//! [`signal`], which the stage carries.

pub mod cli;

pub mod scenario;

pub mod stage;

pub mod admin;

pub mod config;

pub mod cos;
pub mod mps;
pub mod scf;
pub mod sts;
pub mod stub;

pub mod http;

pub mod doors;

pub mod fault;
pub mod journal;
pub mod signal;

pub mod base;
