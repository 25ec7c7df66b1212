//! Changes of objects on their way to functions and workflows.

mod order;
mod real_time;
mod wire;
