//! The long-running emulator from outside: its start and its end, what can be asked of it meanwhile, and the commands that
//! use it.

mod admin;
mod cloud_api;
mod debugging;
mod doctor;
mod event_invoke;
mod exec;
mod findings;
mod forgetting;
mod functions;
mod idle;
mod invoke;
mod keys;
pub(crate) mod kit;
mod leftovers;
mod life;
mod local_address;
mod packages;
mod pages;
mod platform_folders;
mod queues;
mod rehearsal;
mod reload;
mod safe_data;
mod send;
mod silent;
mod state;
mod strict;
mod terminal;
mod triggers;
mod variables;
mod verbosity;
