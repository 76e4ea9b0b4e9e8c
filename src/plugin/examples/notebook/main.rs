//! Serves the notebook to Terraform; `--debug` serves it to a Terraform that is started by hand.

mod broken;
mod note;
mod provider;
mod reading;

use std::process::ExitCode;

use tf_provider::ServeOptions;

fn main() -> ExitCode {
    let debug = std::env::args().any(|argument| argument == "--debug");
    let options = ServeOptions::default().debug(debug).log_target("notebook");
    tf_provider::serve(provider::Notebook::default(), options)
}
