//! The house's own rules: arrows between rooms and within them, circles, words that stay out, files that are read, paths that exist.
//!
//! Each rule is a function that names what breaks it, and is shown to find a breach.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod circles;
mod files;
mod inner;
mod layers;
mod rooms;
mod texts;
mod titles;
mod tokens;
mod tree;
mod uses;
mod words;
