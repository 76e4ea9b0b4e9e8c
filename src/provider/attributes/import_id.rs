//! Import ids: the object's own id and, as hashicorp/aws 6 takes it, the region after an `@`.

use eksauth_core::principal::partition::Partition;

/// An import id in its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportId<'a> {
    /// The object.
    pub object: &'a str,
    /// The region, where one is given.
    pub region: Option<&'a str>,
}

impl<'a> ImportId<'a> {
    /// Splits off a region. What follows the last `@` and is no region's name belongs to the object: role names may have an `@`.
    pub fn parse(id: &'a str) -> Self {
        match id.rsplit_once('@') {
            Some((object, region)) if Partition::of_region(region).is_some() => Self {
                object,
                region: Some(region),
            },
            _ => Self {
                object: id,
                region: None,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_split_off_and_nothing_else() {
        assert_eq!(
            ImportId::parse("prod@eu-central-1"),
            ImportId {
                object: "prod",
                region: Some("eu-central-1")
            }
        );
        assert_eq!(
            ImportId::parse("prod"),
            ImportId {
                object: "prod",
                region: None
            }
        );
        assert_eq!(
            ImportId::parse("role@team"),
            ImportId {
                object: "role@team",
                region: None
            }
        );
        assert_eq!(
            ImportId::parse("prod#arn:aws:iam::111122223333:user/a@b.example@us-gov-west-1"),
            ImportId {
                object: "prod#arn:aws:iam::111122223333:user/a@b.example",
                region: Some("us-gov-west-1")
            }
        );
    }
}
