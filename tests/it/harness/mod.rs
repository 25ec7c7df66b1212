//! The harness as users meet it: projects of their own, run by the command.

mod oracle;
mod plans;
mod project;
mod settle;
