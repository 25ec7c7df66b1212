//! The whole thing from outside: real sockets, real processes, official wire formats. One binary, so that it links once.

mod access;
mod cli;
mod cos;
mod errors;
mod events;
mod handler;
mod http;
mod layers;
mod mps;
mod scf;
mod stub;
mod up;
