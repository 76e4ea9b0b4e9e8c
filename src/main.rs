//! Run by Terraform: serve the plugin. Run by a person: the command line.

use std::env;
use std::process::ExitCode;
use std::sync::Arc;

use eksauth_cloud::{Factory, SystemClock};
use eksauth_provider::config::LOCKOUT_ACK_VARIABLE;
use eksauth_provider::{EksAuth, Environment};
use tf_provider::{ServeOptions, serve, started_by_terraform};

fn main() -> ExitCode {
    // `--debug` serves for a Terraform that is started later, with what this prints in TF_REATTACH_PROVIDERS; a debugger may look in then.
    let debug = env::args_os()
        .nth(1)
        .is_some_and(|argument| argument == "--debug" || argument == "-debug");
    if !debug {
        eksauth_cli::core_dump::forbid();
    }
    if debug || started_by_terraform() {
        return serve(provider(), options(debug));
    }
    eksauth_cli::run(env::args_os())
}

fn provider() -> EksAuth {
    let environment = Environment {
        append_user_agent: env::var("TF_APPEND_USER_AGENT").ok(),
        lockout_acknowledgements: env::var(LOCKOUT_ACK_VARIABLE).ok(),
        data_folder: env::var("TF_DATA_DIR").ok(),
    };
    EksAuth::new(Arc::new(Factory::new()), Arc::new(SystemClock), environment)
}

fn options(debug: bool) -> ServeOptions {
    ServeOptions::default()
        .debug(debug)
        .log_target("eksauth_provider")
        .log_target("eksauth_cloud")
        .log_target("tf_provider")
}
