//! The same binary in a person's hands.

pub mod check_plan;
pub mod output;
