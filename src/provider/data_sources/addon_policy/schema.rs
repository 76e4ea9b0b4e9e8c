//! The attributes: what is said of the arguments comes from the catalogue.

use tf_provider::{Attribute, Schema, Validator};

use crate::attributes::addon::{
    argument_attributes, name_attribute, narrow_attribute, version_attribute,
};
use crate::data_sources::computed::{number, text, texts};

const PARTITIONS: &[&str] = &[
    "aws",
    "aws-cn",
    "aws-us-gov",
    "aws-iso",
    "aws-iso-b",
    "aws-iso-e",
    "aws-iso-f",
    "aws-eusc",
];

pub(super) fn schema() -> Schema {
    let description = "The least policy that a well-known add-on needs, with the resources as arguments: the ARN of AWS's own policy where AWS keeps one for the \
                       add-on, a JSON document otherwise. No one is asked.";
    with_answer(with_arguments(with_question(Schema::new(description))))
}

fn with_question(schema: Schema) -> Schema {
    schema
        .attribute("name", name_attribute())
        .attribute(
            "version",
            version_attribute("; `latest_version` says whether there is a newer one").computed(),
        )
        .attribute("narrow", narrow_attribute())
        .attribute(
            "partition",
            Attribute::string()
                .optional()
                .computed()
                .validate(Validator::one_of(PARTITIONS))
                .description("Partition that the policy is for; by default that of the given ARNs, else that of the provider's region."),
        )
}

fn with_arguments(schema: Schema) -> Schema {
    argument_attributes()
        .into_iter()
        .fold(schema, |schema, (name, attribute)| {
            schema.attribute(name, attribute)
        })
}

fn with_answer(schema: Schema) -> Schema {
    schema
        .attribute("addon", text("The name of the add-on, whichever alias was given."))
        .attribute("policy_arns", texts("ARNs of AWS's own policies for the add-on; empty where a document is all there is."))
        .attribute("json", text("The document. Null where AWS's policies are all there is, and where one managed policy cannot hold it (use `documents`)."))
        .attribute("documents", texts("The documents to attach beside `policy_arns`: none, one, or several where one would be longer than the 6,144 characters of a managed policy."))
        .attribute("size", number("Characters of all documents without white space. The inline policies of one role can have 10,240 together."))
        .attribute("notes", texts("Where the policy allows more than it must, how to narrow it, and what to configure in the add-on."))
        .attribute("source", text("Where the add-on's permissions are documented."))
        .attribute("source_date", text("When that was read."))
        .attribute("latest_version", text("The newest version of the policy that this provider has."))
}
