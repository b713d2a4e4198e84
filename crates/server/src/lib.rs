//! The wiring of the one binary: configuration, peers, dialects, start and stop.

pub mod clock;
pub mod config;
pub mod directories;
mod docs;
pub mod doctor;
mod first_start;
mod key;
pub mod keys;
pub mod mail;
pub mod outgoing;
mod peers;
pub mod providers;
mod reset;
pub mod serve;
pub mod verify;

pub use clock::SystemClock;
pub use config::Config;
pub use peers::PeerHub;
