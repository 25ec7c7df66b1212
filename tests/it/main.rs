//! The whole thing from outside: real sockets, official wire formats.

mod cos;
