//! The suite that every container platform passes, the sandbox and real peers alike.
