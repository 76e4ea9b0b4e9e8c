//! The notes of one walk as a file: a line for each, appended before the plan that makes it answers.
//!
//! Each configuration writes a file of its own, so nothing has to be locked. Objects and contents stand in it as digests that are made with the
//! file's name, so that it says nothing to whoever does not know them already.

use std::collections::{BTreeSet, HashMap};
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

use sha2::{Digest as _, Sha256};

use super::{Claim, Noted, host};

/// The first word of a file; another one is not ours or of another version.
const HEADER: &str = "claims-1";
/// Files are kept this long: a saved plan may wait as long for its apply.
const KEPT_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// The newest of them that are kept.
const MOST_KEPT: usize = 200;

/// What a plan notes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An object with a configuration stands for it.
    Hold,
    /// An object that stood for it is to be removed.
    Free,
    /// A group of objects loses one: the group stands for the object, and the one for the content.
    Going,
    /// The state does not have an object of a group: the group stands for the object, and the one for the content. A later [`Kind::Hold`] says that it has.
    Absent,
}

/// One note, in digests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) kind: Kind,
    pub(super) object: String,
    /// Empty: not known yet.
    pub(super) content: String,
}

/// An object of a group.
#[derive(Clone, Copy)]
pub(super) struct Member<'a> {
    pub(super) group: &'a str,
    pub(super) object: &'a str,
}

/// The notes of one walk.
#[derive(Debug, Default)]
pub(super) struct Journal {
    /// Terraform's process, as [`host::parent`] names it.
    pub(super) host: Option<String>,
    held: HashMap<String, Vec<String>>,
    freed: HashMap<String, Vec<String>>,
    going: HashMap<String, BTreeSet<String>>,
    absent: HashMap<String, BTreeSet<String>>,
}

impl Journal {
    pub(super) fn add(&mut self, record: Record) {
        let notes = match record.kind {
            Kind::Hold => {
                if let Some(absent) = self.absent.get_mut(&record.object) {
                    absent.remove(&record.content);
                }
                &mut self.held
            }
            Kind::Free => &mut self.freed,
            Kind::Absent => {
                let group = self.absent.entry(record.object).or_default();
                group.insert(record.content);
                return;
            }
            Kind::Going => {
                let group = self.going.entry(record.object).or_default();
                group.insert(record.content);
                return;
            }
        };
        notes.entry(record.object).or_default().push(record.content);
    }

    /// The contents, in digests, with which an object is held.
    pub(super) fn held(&self, nonce: &str, object: &str) -> &[String] {
        let held = self.held.get(&digest(nonce, object));
        held.map_or(&[], Vec::as_slice)
    }

    /// The objects of a group, in digests, that are to be removed and that nobody holds.
    pub(super) fn going(&self, nonce: &str, group: &str) -> BTreeSet<String> {
        let going = self.going.get(&digest(nonce, group)).into_iter().flatten();
        let is_held = |object: &&String| self.held.contains_key(*object);
        going.filter(|object| !is_held(object)).cloned().collect()
    }

    /// Whether a plan keeps an object of a group; `None`: it does not know of it. What a plan holds that is yet to be made is kept, unless the plan of `removal` is
    /// of the same Terraform process: then it is in no state.
    pub(super) fn keeps(&self, nonce: &str, member: Member<'_>, removal: &Self) -> Option<bool> {
        let object = digest(nonce, member.object);
        let is_held = self.held(nonce, member.group).contains(&object);
        let group = digest(nonce, member.group);
        let has = |groups: &HashMap<String, BTreeSet<String>>| {
            let group = groups.get(&group);
            group.is_some_and(|group| group.contains(&object))
        };
        if has(&self.absent) {
            let is_of_same_process = self.host.is_some() && self.host == removal.host;
            return Some(is_held && !is_of_same_process);
        }
        let goes = self.going(nonce, member.group).contains(&object);
        (goes || is_held).then_some(!goes)
    }

    /// What was noted of an object; `None`: nothing.
    pub(super) fn noted(&self, nonce: &str, claim: &Claim) -> Option<Noted> {
        let object = digest(nonce, &claim.object);
        let content = claim
            .content
            .as_deref()
            .map(|content| digest(nonce, content));
        let is_same = |noted: &&String| content.as_ref() == Some(*noted);
        let (held, freed) = (self.held.get(&object), self.freed.get(&object));
        if held.is_none() && freed.is_none() {
            return None;
        }
        let held = || held.into_iter().flatten();
        Some(Noted {
            is_released: freed.into_iter().flatten().any(|noted| is_same(&noted)),
            is_held: held().any(|noted| is_same(&noted)),
            is_held_otherwise: held().any(|noted| !noted.is_empty() && !is_same(&noted)),
            is_disputed: false,
        })
    }

    /// The notes of a walk; `None` if they are not there.
    pub(super) fn read(folder: &Path, nonce: &str) -> Option<Self> {
        if !is_nonce(nonce) {
            return None;
        }
        Self::parse(&fs::read_to_string(folder.join(nonce)).ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let host = lines.next()?.strip_prefix(HEADER)?.trim();
        let mut journal = Self {
            host: (!host.is_empty()).then(|| host.to_owned()),
            ..Self::default()
        };
        lines
            .filter_map(parsed)
            .for_each(|record| journal.add(record));
        Some(journal)
    }
}

/// A line that was written only in part is none.
fn parsed(line: &str) -> Option<Record> {
    let mut words = line.strip_suffix(" .")?.split(' ');
    let kind = match words.next()? {
        "hold" => Kind::Hold,
        "free" => Kind::Free,
        "going" => Kind::Going,
        "absent" => Kind::Absent,
        _ => return None,
    };
    Some(Record {
        kind,
        object: words.next()?.to_owned(),
        content: words.next().unwrap_or_default().to_owned(),
    })
}

/// The file of a walk, made with its first note. Where it cannot be written there is none: half a file would be believed.
#[derive(Default)]
pub(super) enum JournalFile {
    /// Nothing was noted yet.
    #[default]
    Unmade,
    /// It is written to.
    Open(File),
    /// It cannot be written.
    Failed,
}

impl JournalFile {
    /// Makes the file, which says by itself that there was a walk.
    pub(super) fn make(&mut self, folder: &Path, nonce: &str) {
        if matches!(self, Self::Unmade) {
            *self = match create(folder, nonce) {
                Ok(file) => Self::Open(file),
                Err(error) => failed(folder, &error),
            };
        }
    }

    pub(super) fn append(&mut self, folder: &Path, nonce: &str, record: &Record) {
        self.make(folder, nonce);
        let Self::Open(file) = self else {
            return;
        };
        let kind = match record.kind {
            Kind::Hold => "hold",
            Kind::Free => "free",
            Kind::Going => "going",
            Kind::Absent => "absent",
        };
        let line = format!("{kind} {} {} .\n", record.object, record.content);
        if let Err(error) = file.write_all(line.as_bytes()) {
            *self = failed(folder, &error);
            if let Err(error) = fs::remove_file(folder.join(nonce)) {
                tracing::warn!(%error, "a file of claims that is not whole cannot be removed");
            }
        }
    }
}

fn failed(folder: &Path, error: &std::io::Error) -> JournalFile {
    tracing::warn!(folder = %folder.display(), %error, "what this plan holds cannot be noted; an apply in another process will not know it");
    JournalFile::Failed
}

fn create(folder: &Path, nonce: &str) -> std::io::Result<File> {
    fs::create_dir_all(folder)?;
    let mut options = OpenOptions::new();
    options.append(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(folder.join(nonce))?;
    let host = host::parent().unwrap_or_default();
    file.write_all(format!("{HEADER} {host}\n").as_bytes())?;
    let now = file.metadata().and_then(|metadata| metadata.modified());
    remove_old(folder, now.ok());
    Ok(file)
}

/// Removes the files that nobody will ask for any more. `now` is the time as the file system has it.
fn remove_old(folder: &Path, now: Option<SystemTime>) {
    for (position, (nonce, modified)) in files(folder).into_iter().enumerate() {
        let age = now.and_then(|now| now.duration_since(modified).ok());
        let is_old = age.is_some_and(|age| age > KEPT_FOR);
        if !is_old && position < MOST_KEPT {
            continue;
        }
        // Another Terraform may have removed it at the same time.
        if let Err(error) = fs::remove_file(folder.join(&nonce)) {
            tracing::debug!(nonce, %error, "an old file of claims was not removed");
        }
    }
}

/// The walks that have a file, the newest first.
pub(super) fn newest_first(folder: &Path) -> Vec<String> {
    files(folder).into_iter().map(|(nonce, _)| nonce).collect()
}

fn files(folder: &Path) -> Vec<(String, SystemTime)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<(String, SystemTime)> = entries
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let modified = entry.metadata().ok()?.modified().ok()?;
            is_nonce(&name).then_some((name, modified))
        })
        .collect();
    files.sort_by_key(|(_, modified)| std::cmp::Reverse(*modified));
    files
}

/// A name that no walk had before.
pub(super) fn new_nonce() -> String {
    format!("{:032x}", fastrand::u128(..))
}

/// What comes from private facts names a file, so nothing but a name of ours is taken for one.
fn is_nonce(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A text as it stands in the notes of a walk.
pub(super) fn digest(nonce: &str, text: &str) -> String {
    let digest = Sha256::new()
        .chain_update(nonce)
        .chain_update(":")
        .chain_update(text)
        .finalize();
    digest
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
