//! The harness as users meet it: projects of their own, run by the command.

mod cold;
mod event_command;
mod findings;
mod logs;
mod names;
mod oracle;
mod plans;
mod project;
mod settle;
mod three_kinds;
mod tokens;
