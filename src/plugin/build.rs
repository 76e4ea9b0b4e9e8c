//! Compiles the protocol files without protoc.

use std::error::Error;
use std::path::Path;

const FILES: [&str; 5] = [
    "tfplugin6.proto",
    "go-plugin/grpc_broker.proto",
    "go-plugin/grpc_controller.proto",
    "go-plugin/grpc_stdio.proto",
    "grpc_health.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto");
    println!("cargo:rerun-if-changed={}", folder.display());
    let descriptors = protox::compile(FILES, [folder])?;
    tonic_prost_build::configure()
        .build_transport(false)
        .btree_map(".")
        // What a provider does not serve answers UNIMPLEMENTED, as Terraform expects.
        .generate_default_stubs(true)
        // Only the tests are clients.
        .client_mod_attribute(".", "#[cfg(test)]")
        .compile_fds(descriptors)?;
    Ok(())
}
