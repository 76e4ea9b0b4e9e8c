//! IAM's wildcards: `*` for any number of characters, `:` and `/` included, `?` for exactly one. Time is bounded by the product of lengths.

/// One position of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Token {
    Character(char),
    AnyRun,
    AnyOne,
}

/// The tokens of a pattern in which `*` and `?` are wildcards.
pub(super) fn tokens(pattern: &str) -> Vec<Token> {
    let token = |character| match character {
        '*' => Token::AnyRun,
        '?' => Token::AnyOne,
        other => Token::Character(other),
    };
    pattern.chars().map(token).collect()
}

/// The tokens of a text without wildcards.
pub(super) fn literal(text: &str) -> impl Iterator<Item = Token> {
    text.chars().map(Token::Character)
}

/// True if the whole text matches, case-sensitively.
pub(super) fn matches(tokens: &[Token], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let (mut at_token, mut at_text) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while let Some(character) = text.get(at_text) {
        match tokens.get(at_token) {
            Some(Token::AnyRun) => {
                retry = Some((at_token, at_text));
                at_token += 1;
            }
            Some(Token::AnyOne) => {
                at_token += 1;
                at_text += 1;
            }
            Some(Token::Character(expected)) if expected == character => {
                at_token += 1;
                at_text += 1;
            }
            _ => {
                // The last run takes one character more.
                let Some((run, from)) = retry else {
                    return false;
                };
                retry = Some((run, from + 1));
                at_token = run + 1;
                at_text = from + 1;
            }
        }
    }
    tokens
        .iter()
        .skip(at_token)
        .all(|token| *token == Token::AnyRun)
}
