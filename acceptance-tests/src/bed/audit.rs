//! What a kube-apiserver was asked, from its own audit log.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::PathBuf,
};

use serde_json::Value;

use crate::failure::Outcome;

/// One request to a kube-apiserver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `get`, `patch`, `create`, …
    pub verb: String,
    /// `configmaps`, `serviceaccounts`, …; empty for discovery and the like.
    pub resource: String,
    /// The object's name.
    pub name: String,
    /// Who asked, as the cluster knows them; empty for those it does not.
    pub user: String,
    /// The User-Agent.
    pub user_agent: String,
    /// The HTTP status.
    pub status: u64,
}

/// A reader of one kube-apiserver's audit log that starts where it was last reset.
pub struct Audit {
    path: PathBuf,
    from: u64,
}

impl Audit {
    pub(super) fn new(path: PathBuf) -> Audit {
        Audit { path, from: 0 }
    }

    /// Forgets what was asked so far.
    ///
    /// # Errors
    /// The log cannot be read.
    pub fn reset(&mut self) -> Outcome {
        self.from = std::fs::metadata(&self.path)?.len();
        Ok(())
    }

    /// What was asked since the last reset, without the bed's own requests.
    ///
    /// # Errors
    /// The log cannot be read.
    pub fn requests(&self) -> Outcome<Vec<Request>> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.from))?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        let mut requests = Vec::new();
        for line in text.lines() {
            let request = request(&serde_json::from_str(line)?);
            if request.user_agent != "bed"
                && !request.user_agent.starts_with("aws-iam-authenticator")
                && !request.user_agent.starts_with("eksauth-server")
            {
                requests.push(request);
            }
        }
        Ok(requests)
    }
}

fn request(event: &Value) -> Request {
    let text = |path: &str| {
        event
            .pointer(path)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    Request {
        verb: text("/verb"),
        resource: text("/objectRef/resource"),
        name: text("/objectRef/name"),
        user: text("/user/username"),
        user_agent: text("/userAgent"),
        status: event
            .pointer("/responseStatus/code")
            .and_then(Value::as_u64)
            .unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_after_a_reset_are_read_and_the_beds_own_left_out() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let line = |verb: &str, agent: &str| {
            format!(
                r#"{{"verb":"{verb}","user":{{"username":"admin"}},"userAgent":"{agent}","objectRef":{{"resource":"configmaps","name":"aws-auth"}},"responseStatus":{{"code":200}}}}"#
            ) + "\n"
        };
        std::fs::write(file.path(), line("get", "early")).unwrap();
        let mut audit = Audit::new(file.path().to_owned());
        audit.reset().unwrap();
        let mut text = std::fs::read_to_string(file.path()).unwrap();
        text += &line("patch", "eksauth/0.1");
        text += &line("get", "bed");
        std::fs::write(file.path(), text).unwrap();
        let expected = Request {
            verb: "patch".into(),
            resource: "configmaps".into(),
            name: "aws-auth".into(),
            user: "admin".into(),
            user_agent: "eksauth/0.1".into(),
            status: 200,
        };
        assert_eq!(audit.requests().unwrap(), [expected]);
    }
}
