//! An SCF function that archives MPS callbacks in COS, byte for byte.
//!
//! # What it guarantees
//!
//! - **Success means stored.** A result is posted only after COS has confirmed the checksums of what it keeps; every
//!   other end is posted as an error, so that the platform tries again and finally hands the event to the dead letters.
//! - **Bytes stay bytes.** What is stored is what was received. Events are looked at, never rewritten; what is not
//!   recognized, or is not even JSON, is archived as well, under a prefix of its own.
//! - **Twice is once.** The key is a function of the event's content ([`key`]), and nothing is overwritten: an event
//!   that is delivered again finds its object, compares it, and succeeds.
//! - **In time.** Tries and pauses end before the function's time limit does, so that a failure is reported with its
//!   cause and not as a time-out.
//!
//! # The flow of one event
//!
//! ```text
//! runtime.rs ── next ──▶ function.rs ▶ event/ (what is it?) ▶ key.rs (where does it go?)
//!     ▲                       │
//!     │                       ▼
//!     │                  archive/ (put, verify, try again) ▶ cos/ (sign, send) ▶ link/ (one connection) ──▶ COS
//!     │                       │
//!     └── response or error ◀─┴─ receipt.rs, failure.rs; log.rs writes one line
//! ```
//!
//! # Processing of your own
//!
//! Put it into [`Function::handle`](function::Function::handle), after the archive and before the receipt: what it
//! gets is safe by then. It may run more than once for one event, as everything that is delivered at least once, so make
//! it repeatable; if it fails, return a [`Failure`](failure::Failure) of its own kind and the platform calls again,
//! with the archive answering `already`.
//!
//! # Exit codes of `bootstrap`
//!
//! | code | meaning |
//! |---|---|
//! | 0 | asked to stop (SIGTERM), nothing left undone |
//! | 2 | a setting is wrong; standard error says which and what to do |
//! | 3 | the runtime API is missing, went away or answered something else than 200 |

pub mod archive;
pub mod clock;
pub mod cos;
pub mod credentials;
pub mod digest;
pub mod event;
pub mod failure;
pub mod function;
pub mod key;
mod link;
pub mod log;
pub mod receipt;
pub mod runtime;
pub mod settings;
