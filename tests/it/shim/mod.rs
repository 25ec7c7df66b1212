//! Ordinary handlers in Python, Node and PHP, run by the bootstraps: what they find, what their results and failures become.

mod checklist_node;
mod checklist_python;
mod demos;
mod go;
mod kit;
mod loading;
mod node;
mod packages;
mod php;
mod python;
mod results;
mod surroundings;
mod versions;
