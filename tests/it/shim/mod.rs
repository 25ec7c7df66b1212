//! Ordinary handlers in Python and Node, run by the bootstraps: what they find, what their results and failures become.

mod kit;
mod loading;
mod node;
mod packages;
mod python;
