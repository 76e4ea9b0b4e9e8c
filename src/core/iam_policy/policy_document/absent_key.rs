//! Keys of a request that are absent where a token asks for a role.
//!
//! `AssumeRoleWithWebIdentity` is not signed: who asks has no credentials of AWS, and what the request context takes from credentials is not
//! there. Every other key may be there, those that anonymous requests have included (`aws:userid`, `aws:PrincipalType`,
//! `aws:PrincipalAccount`). Source: IAM user guide, AWS global condition context keys (availability of each), keys of AWS STS.

/// Properties of a signed request's principal, of the credentials of a session, of services that call, and of other calls of STS.
const ABSENT: [&str; 24] = [
    "aws:assumedroot",
    "aws:calledvia",
    "aws:calledviafirst",
    "aws:calledvialast",
    "aws:chatbotsourcearn",
    "aws:ec2instancesourceprivateipv4",
    "aws:ec2instancesourcevpc",
    "aws:multifactorauthage",
    "aws:multifactorauthpresent",
    "aws:principalarn",
    "aws:principalisawsservice",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalservicename",
    "aws:principalservicenameslist",
    "aws:signinsessionarn",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceidentity",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:tokenissuetime",
    "aws:username",
    "sts:externalid",
];

/// Followed by the key of a tag.
const PRINCIPAL_TAG: &str = "aws:principaltag/";

/// True if no request of a web identity has the key, whatever its token.
pub(super) fn is_absent(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    ABSENT.contains(&key.as_str()) || key.starts_with(PRINCIPAL_TAG)
}

/// True if the key is there only where a token asks for session tags.
pub(super) fn is_of_session_tags(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    key == "aws:tagkeys" || key.starts_with("aws:requesttag/")
}
