//! What the services have to say to one another, and the one place where it is carried: changes of objects in COS run
//! functions and start tasks of MPS; notifications of tasks run functions.
//!
//! [`outbox`] takes the changes from COS, [`routes`] knows for whom they are, [`bus`] carries them; [`mps_host`] is the
//! outside of MPS, [`scf_surroundings`] that of SCF, and [`CosCode`] what SCF reads of COS. What happens at one virtual time is carried in the order of lanes once everything else at that time is
//! done, so numbers are given in the same order in every run. On the real clock nothing waits for that.

pub mod bus;
pub mod invoke;
pub mod mps_host;
pub mod outbox;
pub mod routes;
pub mod scf_surroundings;

mod cos_code;

pub use bus::EventBus;
pub use cos_code::CosCode;
pub use mps_host::MpsHost;
pub use outbox::Outbox;
pub use routes::Routes;
pub use scf_surroundings::ScfSurroundings;
