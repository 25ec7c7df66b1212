//! backlot plays Tencent Cloud's media-callback chain on one machine.
pub mod base;
