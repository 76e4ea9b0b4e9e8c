//! Rules of this noun.
