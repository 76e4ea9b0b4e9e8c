//! What an error is marked with that other objects meet too. Who tells it is settled in [`causes`](crate::causes).

/// What keeps objects from an answer, whichever object is asked about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cause {
    /// Equal texts are one cause.
    pub key: String,
    /// The cause as a sentence without its end: "The service is out of reach".
    pub name: String,
    /// The object whose message this is: "Role `reader`".
    pub about: String,
}
