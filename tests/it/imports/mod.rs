//! Deployment files of other tools: what they say is in force, and what is wrong in them is told at its place.
//!
//! Follows: SCF reference, section 16.

mod anything;
mod fixtures;
mod formats;
mod kit;
mod serverless;
