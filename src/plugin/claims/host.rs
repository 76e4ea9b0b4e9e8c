//! The process that started this one: Terraform, whose walks each have a plugin process of their own.

/// A name of that process which no other process has, also not one of another container or after a restart; `None` where none can be made.
#[cfg(target_os = "linux")]
pub fn parent() -> Option<String> {
    let parent = std::os::unix::process::parent_id();
    let stat = std::fs::read_to_string(format!("/proc/{parent}/stat")).ok()?;
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    // The command's name stands in parentheses and may hold anything; the start time is the twentieth field after it.
    let (_, after_name) = stat.rsplit_once(')')?;
    let started = after_name.split_whitespace().nth(19)?;
    Some(format!("{parent}.{started}.{}", boot.trim()))
}

/// As on Linux, without the time of its start.
#[cfg(all(unix, not(target_os = "linux")))]
pub fn parent() -> Option<String> {
    Some(std::os::unix::process::parent_id().to_string())
}

/// Not known here.
#[cfg(not(unix))]
pub fn parent() -> Option<String> {
    None
}
