//! The whole thing from outside, in one binary.

mod handler;
