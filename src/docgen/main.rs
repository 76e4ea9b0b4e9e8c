//! Writes docs/ from the schemas.
fn main() {}
