//! backlot from outside, in one binary.

mod scf;
