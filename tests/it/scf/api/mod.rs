//! The Cloud API of SCF, called as the envelope calls it: parameters in, members of `Response` or an error out.

mod aliases;
mod async_run;
mod changes;
mod code_address;
mod functions;
mod invoke;
mod kit;
mod namespaces;
mod restart;
mod versions;
