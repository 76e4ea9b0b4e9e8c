//! No core dumps: the memory of this process holds tokens and keys, and a crash must not write them to a disk.
//!
//! The size limit stops the kernel from writing a file; being undumpable also stops handlers that are given the core through a pipe
//! (core(5): they are not bound by the limit) and debuggers of other processes of the same user.

/// Forbids core dumps of this process. Call it before there are threads or secrets.
pub fn forbid() {
    // A system that refuses leaves everything as it was; there is nothing better to do than to go on.
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let none = Rlimit {
            current: Some(0),
            maximum: Some(0),
        };
        let _ = setrlimit(Resource::Core, none);
    }
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
}
