//! Ordinary handlers in Python and Node, run by the bootstraps: what they find, what their results and failures become.

mod checklist_node;
mod checklist_python;
mod kit;
mod loading;
mod node;
mod packages;
mod python;
mod results;
mod surroundings;
mod versions;
