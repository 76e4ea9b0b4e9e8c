//! CallFunction.

use crate::function::FunctionError;
use crate::objects::function::argument_type;
use crate::proto::tfplugin6 as proto;
use crate::proto::tfplugin6::call_function::{Request, Response};
use crate::provider::Provider;
use crate::rpc::{Server, wire};

pub(super) async fn handle<P: Provider>(server: &Server<P>, request: Request) -> Response {
    match call(server, &request) {
        Ok(result) => Response {
            result: Some(result),
            error: None,
        },
        Err(error) => Response {
            result: None,
            error: Some(proto::FunctionError {
                text: error.text,
                function_argument: error.argument,
            }),
        },
    }
}

fn call<P: Provider>(
    server: &Server<P>,
    request: &Request,
) -> Result<proto::DynamicValue, FunctionError> {
    let whole = |text: String| FunctionError {
        text,
        argument: None,
    };
    let function = server
        .objects
        .functions
        .get(request.name.as_str())
        .ok_or_else(|| whole(format!("This provider has no function `{}`.", request.name)))?;
    let signature = function.signature();
    let arguments = request
        .arguments
        .iter()
        .enumerate()
        .map(|(index, argument)| {
            let r#type = argument_type(signature, index).ok_or_else(|| {
                whole(format!(
                    "`{}` takes {} arguments, not {}.",
                    request.name,
                    signature.parameters.len(),
                    request.arguments.len()
                ))
            })?;
            wire::decode(Some(argument), r#type).map_err(|error| FunctionError {
                text: error.to_string(),
                argument: i64::try_from(index).ok(),
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    let answer = function.call(arguments)?;
    wire::encode(&answer, &signature.returns).map_err(|error| whole(error.to_string()))
}
