//! Reading only the part around an edit finds what reading the whole section finds.

use proptest::prelude::*;

use super::*;
use crate::aws_auth::Change;
use crate::aws_auth::tests::properties::{any_document, any_entry, apply, config};

/// What is done to a section.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Add,
    Remove(usize),
    Replace(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        Just(Step::Add),
        any::<usize>().prop_map(Step::Remove),
        any::<usize>().prop_map(Step::Replace)
    ]
}

/// From the first to the last byte that differs, in both texts.
fn differing(old: &str, new: &str) -> (Range<usize>, Range<usize>) {
    let start = (old.bytes().zip(new.bytes()))
        .take_while(|(one, other)| one == other)
        .count();
    let longest = old.len().min(new.len()) - start;
    let end = (old.bytes().rev().zip(new.bytes().rev()))
        .take(longest)
        .take_while(|(one, other)| one == other)
        .count();
    (start..old.len() - end, start..new.len() - end)
}

fn outcome<'o>(old: &str, new: &'o str) -> Outcome<'o> {
    Outcome {
        text: new,
        changed: differing(old, new).0,
        old_length: old.len(),
        new_length: new.len(),
    }
}

/// The text without one of the characters that the edit wrote.
fn damaged(old: &str, new: &str, at: prop::sample::Index) -> Option<String> {
    let written = differing(old, new).1;
    let places: Vec<(usize, char)> = new
        .char_indices()
        .filter(|(place, _)| written.contains(place))
        .collect();
    let (place, character) = places.get(at.index(places.len().max(1))).copied()?;
    let behind = &new[place + character.len_utf8()..];
    Some(format!("{}{behind}", &new[..place]))
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_part_around_an_edit_is_judged_as_the_whole(
        (generated, new, step, at) in any_document().prop_flat_map(|(generated, _, _)| {
            let section = generated.section;
            (Just(generated), any_entry(section), step(), any::<prop::sample::Index>())
        })
    ) {
        let (section, text) = (generated.section, generated.text());
        let document = yaml::parse(&text).unwrap();
        let Ok(Content::List(list)) = open(section, &document) else {
            return Err(TestCaseError::reject("no list"));
        };
        prop_assume!(list.is_plain);
        let count = list.items.len();
        let mut expected: Vec<_> = list.items.iter().map(|item| Expected::Kept(*item)).collect();
        let change = match step {
            Step::Add => {
                expected.push(Expected::Added(&new));
                Change::Add(new.clone())
            }
            Step::Remove(index) => {
                expected.remove(index % count);
                Change::Remove { section, index: index % count, undo: None }
            }
            Step::Replace(index) => {
                expected[index % count] = Expected::Replaced(list.items[index % count], &new);
                Change::Replace { section, index: index % count, entry: new.clone() }
            }
        };
        let (after, _) = apply(section, &text, &[change]);
        prop_assert_eq!(check_window(&list, &outcome(&text, &after), &expected), Ok(()));
        prop_assert_eq!(check(section, Some(&list), &after, &expected), Ok(()));
        if let Some(damaged) = damaged(&text, &after, at)
            && check_window(&list, &outcome(&text, &damaged), &expected).is_ok()
        {
            prop_assert_eq!(check(section, Some(&list), &damaged, &expected), Ok(()), "{:?}", damaged);
        }
    }
}
