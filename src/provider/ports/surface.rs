//! Where a text is read, which decides the remedies that it can name.

/// Where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Surface {
    /// In a plan or an apply: attributes of resources and of the provider block.
    #[default]
    Terraform,
    /// At a shell: flags and the environment.
    CommandLine,
}

impl Surface {
    /// The one of two texts that is right here.
    pub fn choose<T>(self, in_terraform: T, on_the_command_line: T) -> T {
        match self {
            Self::Terraform => in_terraform,
            Self::CommandLine => on_the_command_line,
        }
    }
}
