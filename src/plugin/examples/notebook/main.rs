//! Serves the notebook; a person who starts it is told what it is.

use tf_provider as _;

mod broken;
mod note;
mod provider;
mod reading;

fn main() {
    let _ = provider::Notebook;
}
