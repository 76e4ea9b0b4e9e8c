//! `init`: certificate and key of a server, and the kubeconfig with which a kube-apiserver asks it.
//!
//! The certificate is its own authority and no authority for others; it lives ten years. Files are readable by their owner only and nothing
//! is ever overwritten: a key that was replaced by mistake locks every API server out that trusts it.

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp, Zoned, tz::TimeZone};
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose};

use crate::command::InitArguments;
use crate::failure::Failure;
use crate::outcome::{Outcome, Verdict};

/// The certificate's file.
pub(crate) const CERTIFICATE: &str = "cert.pem";

/// The key's file.
pub(crate) const KEY: &str = "key.pem";

/// The file for `--authentication-token-webhook-config-file`.
pub(crate) const KUBECONFIG: &str = "kubeconfig.yaml";

const YEARS: i16 = 10;

/// Makes the three files.
///
/// # Errors
/// One of them is there already, the folder cannot be written, or a name is none for a certificate.
pub fn run(arguments: &InitArguments) -> Result<Outcome, Failure> {
    made(arguments, Timestamp::now())
}

fn made(arguments: &InitArguments, now: Timestamp) -> Result<Outcome, Failure> {
    let (certificate, key) = certificate(arguments, now)
        .map_err(|error| Failure::new(format!("the certificate cannot be made: {error}")))?;
    let address = SocketAddr::new(arguments.address, arguments.port);
    let kubeconfig = kubeconfig(address, &certificate);
    let place = |name: &str| arguments.state_dir.join(name);
    let files = [
        (place(KEY), key),
        (place(CERTIFICATE), certificate),
        (place(KUBECONFIG), kubeconfig),
    ];
    write_all(&arguments.state_dir, &files)?;
    let webhook = place(KUBECONFIG);
    Ok(Outcome::new(
        format!(
            "made {}, {KEY} and {KUBECONFIG} in {}\n\nstart kube-apiserver with\n  --authentication-token-webhook-config-file={}\n  \
             --authentication-token-webhook-version=v1beta1\n",
            CERTIFICATE,
            arguments.state_dir.display(),
            webhook.display()
        ),
        Verdict::Yes,
    ))
}

fn certificate(
    arguments: &InitArguments,
    now: Timestamp,
) -> Result<(String, String), rcgen::Error> {
    let mut names = vec![
        "127.0.0.1".to_owned(),
        "::1".to_owned(),
        "localhost".to_owned(),
    ];
    let given = arguments.hostnames.iter().cloned();
    for name in given.chain([arguments.address.to_string()]) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let mut params = CertificateParams::new(names)?;
    params
        .distinguished_name
        .push(DnType::CommonName, "eksauth token webhook");
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // A day early, for clocks that are behind.
    let begin = (now - SignedDuration::from_hours(24)).to_zoned(TimeZone::UTC);
    let (year, month, first) = day(&begin, 0);
    params.not_before = rcgen::date_time_ymd(year, month, first);
    let (year, month, last) = day(&begin, YEARS);
    params.not_after = rcgen::date_time_ymd(year, month, last);
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    Ok((certificate.pem(), key.serialize_pem()))
}

/// Year, month and day so many years later; the 29th of February has no counterpart in most years.
fn day(date: &Zoned, years: i16) -> (i32, u8, u8) {
    let number = |value: i8| u8::try_from(value).unwrap_or(1);
    (
        i32::from(date.year() + years),
        number(date.month()),
        number(date.day()).min(28),
    )
}

fn kubeconfig(address: SocketAddr, certificate: &str) -> String {
    let authority = STANDARD.encode(certificate);
    format!(
        "apiVersion: v1\nkind: Config\nclusters:\n- name: eksauth\n  cluster:\n    certificate-authority-data: {authority}\n    \
         server: https://{address}/authenticate\nusers:\n- name: kube-apiserver\n  user: {{}}\ncontexts:\n- name: webhook\n  context:\n    \
         cluster: eksauth\n    user: kube-apiserver\ncurrent-context: webhook\n"
    )
}

/// Writes all files or none.
fn write_all(folder: &Path, files: &[(PathBuf, String)]) -> Result<(), Failure> {
    let failed = |path: &Path, error: &std::io::Error| {
        Failure::new(format!("`{}` cannot be written: {error}", path.display()))
    };
    if let Some((path, _)) = files.iter().find(|(path, _)| path.exists()) {
        return Err(Failure::new(format!(
            "`{}` exists; nothing was written. Move it away to make new ones",
            path.display()
        )));
    }
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| failed(folder, &error))?;
    let mut written: Vec<&Path> = Vec::new();
    for (path, text) in files {
        if let Err(error) = write_new(path, text) {
            for path in written {
                // The first failure is the one to tell.
                let _ = std::fs::remove_file(path);
            }
            return Err(failed(path, &error));
        }
        written.push(path);
    }
    Ok(())
}

fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn arguments(state_dir: PathBuf) -> InitArguments {
        InitArguments {
            state_dir,
            hostnames: vec!["webhook.internal".to_owned()],
            address: "127.0.0.1".parse().unwrap(),
            port: 21362,
        }
    }

    #[test]
    fn three_files_for_their_owner_only_and_never_a_second_time() {
        let folder = tempfile::tempdir().unwrap();
        let state_dir = folder.path().join("a/state");
        let arguments = arguments(state_dir.clone());
        let now: Timestamp = "2028-02-29T12:00:00Z".parse().unwrap();
        let outcome = made(&arguments, now).unwrap();
        assert_eq!(outcome.verdict, Verdict::Yes);
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&state_dir), 0o700);
        for name in [CERTIFICATE, KEY, KUBECONFIG] {
            assert_eq!(mode(&state_dir.join(name)), 0o600, "{name}");
        }
        let key = std::fs::read_to_string(state_dir.join(KEY)).unwrap();
        let again = made(&arguments, now).unwrap_err();
        assert!(
            again.to_string().contains("exists; nothing was written"),
            "{again}"
        );
        assert_eq!(std::fs::read_to_string(state_dir.join(KEY)).unwrap(), key);
    }

    #[test]
    fn one_file_in_the_way_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(KUBECONFIG), "mine").unwrap();
        assert!(made(&arguments(folder.path().to_owned()), Timestamp::UNIX_EPOCH).is_err());
        assert!(!folder.path().join(KEY).exists());
        assert!(!folder.path().join(CERTIFICATE).exists());
    }

    #[test]
    fn the_kubeconfig_names_the_path_and_trusts_the_certificate() {
        let text = kubeconfig("[::1]:8443".parse().unwrap(), "PEM");
        assert_eq!(
            text,
            "apiVersion: v1\nkind: Config\nclusters:\n- name: eksauth\n  cluster:\n    certificate-authority-data: UEVN\n    \
             server: https://[::1]:8443/authenticate\nusers:\n- name: kube-apiserver\n  user: {}\ncontexts:\n- name: webhook\n  context:\n    \
             cluster: eksauth\n    user: kube-apiserver\ncurrent-context: webhook\n"
        );
    }
}
