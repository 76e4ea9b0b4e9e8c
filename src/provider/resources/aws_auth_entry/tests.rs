use eksauth_core::aws_auth::Section;
use serde_json::json;
use tf_provider::Attr;
use tf_provider::testing::{Action, UNKNOWN};

use crate::aws_auth::fixture::{Bed, ROLES, USERS, only, refusal, role_arn, role_config, titles};
use crate::clusters::Remembered;
use crate::fakes::kubernetes::{Fault, Verb};
use crate::fakes::{FakeCloud, active_cluster};
use crate::ports::ErrorKind;
use crate::resources::aws_auth_account::AwsAuthAccountResource;
use crate::resources::aws_auth_role::{AwsAuthRoleModel, AwsAuthRoleResource};
use crate::resources::aws_auth_user::AwsAuthUserResource;

mod basic;
mod cluster;
mod documents;
mod drift;
mod dry_run;
mod guarded;
mod identity;
mod import;
mod others;
mod permission_set;
mod refused;
mod renamed;
mod taken_down;
mod templates;
mod walks;
