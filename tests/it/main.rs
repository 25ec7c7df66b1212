//! The whole thing from outside: real sockets, real processes, official wire formats. One binary, so that it links once.

mod access;
mod cli;
mod cos;
mod errors;
mod events;
mod fuzz;
mod handler;
mod harness;
mod http;
mod imports;
mod layers;
mod library;
mod mps;
mod project;
mod robust;
mod scf;
mod secrets;
mod shim;
mod stub;
mod up;
