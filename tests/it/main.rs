//! The whole thing from outside: real sockets, real processes, official wire formats. One binary, so that it links once.

mod cos;
mod handler;
mod mps;
mod scf;
