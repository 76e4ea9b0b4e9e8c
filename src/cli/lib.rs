//! The same binary in a person's hands.
