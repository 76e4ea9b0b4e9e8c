//! The test bed of real parts.
