//! How answers are printed: aligned columns on a terminal, JSON and SARIF for programs.

pub use eksauth_core::text_table::{aligned, columns};
use serde_json::{Value, json};

/// Results in the envelope of SARIF 2.1.0.
pub fn sarif(results: Vec<Value>) -> Value {
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "terraform-provider-eksauth", "version": env!("CARGO_PKG_VERSION")}},
            "results": results,
        }],
    })
}
