//! What tests share. A development dependency only.

pub mod clock;
