//! Who listens where on this machine, as `/proc` tells it; on Linux only.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    net::{IpAddr, SocketAddr},
    path::Path,
};

use super::process::{field, processes};
use crate::failure::{Failure, Outcome};

/// The state of a socket that listens.
const LISTEN: &str = "0A";

/// A socket that a process listens at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listening {
    /// Where.
    pub address: SocketAddr,
    /// The program's name, as the kernel has it: 15 characters at most.
    pub program: String,
}

/// Whether this machine tells.
#[must_use]
pub fn can_be_listed() -> bool {
    Path::new("/proc/net/tcp").exists()
}

/// What a process and its descendants listen at.
///
/// # Errors
/// The kernel's table cannot be read.
pub fn below(ancestor: u32) -> Outcome<BTreeSet<Listening>> {
    let table = table()?;
    let mut found = BTreeSet::new();
    for id in descendants(ancestor) {
        for address in sockets(id).iter().filter_map(|inode| table.get(inode)) {
            found.insert(Listening {
                address: *address,
                program: field(id, "Name:").unwrap_or_default(),
            });
        }
    }
    Ok(found)
}

/// A process, those that it started, and those that they did.
fn descendants(ancestor: u32) -> BTreeSet<u32> {
    let parent = |id: u32| field(id, "PPid:").and_then(|parent| parent.parse::<u32>().ok());
    let parents: Vec<(u32, u32)> = processes()
        .filter_map(|id| Some((id, parent(id)?)))
        .collect();
    let (mut found, mut next) = (BTreeSet::from([ancestor]), vec![ancestor]);
    while let Some(one) = next.pop() {
        for (id, _) in parents.iter().filter(|(_, parent)| *parent == one) {
            if found.insert(*id) {
                next.push(*id);
            }
        }
    }
    found
}

/// The numbers of the sockets that a process has open.
fn sockets(id: u32) -> BTreeSet<u64> {
    let open = fs::read_dir(format!("/proc/{id}/fd")).into_iter().flatten();
    open.flatten()
        .filter_map(|entry| fs::read_link(entry.path()).ok())
        .filter_map(|link| {
            let number = link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?;
            number.parse().ok()
        })
        .collect()
}

/// Listening sockets by their numbers.
fn table() -> Outcome<BTreeMap<u64, SocketAddr>> {
    let mut found = BTreeMap::new();
    for file in ["/proc/net/tcp", "/proc/net/tcp6"] {
        // A machine without IPv6 has no second table.
        if Path::new(file).exists() {
            found.extend(parse(&fs::read_to_string(file)?)?);
        }
    }
    Ok(found)
}

/// The listening sockets of a table of the kernel: `sl local_address rem_address st … inode`.
fn parse(table: &str) -> Outcome<BTreeMap<u64, SocketAddr>> {
    let mut found = BTreeMap::new();
    for line in table.lines().skip(1) {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let [_, local, _, state, _, _, _, _, _, inode, ..] = columns.as_slice() else {
            return Err(Failure::new(format!("no line of sockets: {line}")));
        };
        if *state == LISTEN {
            let address = address(local)
                .ok_or_else(|| Failure::new(format!("no address of a socket: {local}")))?;
            found.insert(inode.parse()?, address);
        }
    }
    Ok(found)
}

/// `0100007F:1F90` is 127.0.0.1:8080: words of four bytes, each as the machine keeps it in memory.
fn address(text: &str) -> Option<SocketAddr> {
    let (host, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let mut bytes = Vec::new();
    for at in (0..host.len()).step_by(8) {
        let word = u32::from_str_radix(host.get(at..at + 8)?, 16).ok()?;
        bytes.extend(word.to_ne_bytes());
    }
    let host = match bytes.len() {
        4 => IpAddr::from(<[u8; 4]>::try_from(bytes).ok()?),
        _ => IpAddr::from(<[u8; 16]>::try_from(bytes).ok()?),
    };
    Some(SocketAddr::new(host, port))
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;

    #[test]
    fn listening_sockets_are_read_from_the_kernels_table() {
        let word = |bytes: [u8; 4]| format!("{:08X}", u32::from_ne_bytes(bytes));
        let table = format!(
            "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
             \x20  0: {}:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 41 1 0 100 0 0 10 0\n\
             \x20  1: {}:1F91 00000000:0000 01 00000000:00000000 00:00000000 00000000     0        0 42 1 0 100 0 0 10 0\n\
             \x20  2: {}:5373 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 43 1 0 100 0 0 10 0\n",
            word([127, 0, 0, 1]),
            word([127, 0, 0, 1]),
            word([0; 4]).repeat(4),
        );
        let expected = [
            (41, SocketAddr::from((Ipv4Addr::LOCALHOST, 8080))),
            (43, SocketAddr::from((Ipv6Addr::UNSPECIFIED, 21363))),
        ];
        assert_eq!(parse(&table).unwrap(), BTreeMap::from(expected));
    }

    #[test]
    fn what_a_descendant_listens_at_is_found() {
        if !can_be_listed() {
            return;
        }
        let own = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let parent = field(std::process::id(), "PPid:").unwrap();
        let found = below(parent.parse().unwrap()).unwrap();
        let address = own.local_addr().unwrap();
        assert!(found.iter().any(|one| one.address == address), "{found:?}");
    }
}
