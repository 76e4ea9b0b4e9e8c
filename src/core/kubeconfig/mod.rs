//! A kubeconfig: what a person needs in it to reach a cluster, and putting that into a file that others wrote in.
//!
//! The edit is by byte ranges, as that of aws-auth: every byte that is not of the three entries (and of `current-context`, where it is set) stays.
//! Never is a token or a key part of what is written: the user is a command that makes a token when kubectl asks for one.

mod compare;
mod connection;
mod edit;
mod error;
mod item;
mod masked;
mod merge;
mod read;
mod verify;

#[cfg(test)]
mod tests;

pub use self::{
    connection::{Connection, Exec, Program, check_entry_name},
    error::{EntryConflict, KubeconfigError},
    masked::masked,
    merge::{CurrentContext, Merge, Merged, Section, merge},
    read::{EntryNames, entry_names},
};
