//! The provider block: its attributes, their rules, and what they become.

mod settings;

pub use settings::{LockoutGuard, OnUnreadable, Settings};
