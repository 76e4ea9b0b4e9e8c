//! What a person exports for Terraform to find a provider that it did not start.

use serde_json::json;

use crate::serve::endpoint::Endpoint;
use crate::serve::handshake::PROTOCOL_VERSION;

/// The text for the terminal. The value is one line that a shell takes as it is.
pub(super) fn instructions(address: &str, process: u32, endpoint: &Endpoint) -> String {
    let value = json!({
        address: {
            "Protocol": "grpc",
            "ProtocolVersion": PROTOCOL_VERSION,
            "Pid": process,
            "Test": true,
            "Addr": { "Network": endpoint.network(), "String": endpoint.address() },
        }
    });
    format!(
        "The provider waits for Terraform. In another terminal:\n\n    export TF_REATTACH_PROVIDERS='{value}'\n\nCtrl-C ends it.\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_is_what_terraform_reads() {
        let text = instructions(
            "example/notebook",
            7,
            &Endpoint::Unix("/tmp/plugin-7-0".into()),
        );
        let value = text.split('\'').nth(1).unwrap();
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(value).unwrap(),
            json!({ "example/notebook": {
                "Protocol": "grpc", "ProtocolVersion": 6, "Pid": 7, "Test": true,
                "Addr": { "Network": "unix", "String": "/tmp/plugin-7-0" },
            }})
        );
    }
}
