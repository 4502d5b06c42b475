//! What the description says of every route alike: answers of a server that is busy, stops or cannot read its
//! store, bodies that are too long or too late, and the bounds of pages.

use utoipa::Modify;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::{Operation, Parameter};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::{OpenApi, PathItem, Ref, RefOr, Schema};

use crate::api::query::{LIMIT_MAX, OFFSET_MAX};

/// Answers that any route may give.
const ANYWHERE: [(&str, &str); 4] = [
    ("401", "The token in `Authorization` is not taken"),
    ("429", "Too many connections from this address"),
    ("500", "The store cannot be read; the daemon's log says why"),
    ("503", "The daemon is busy or stops: nothing was changed"),
];
/// Those of routes that take a body.
const WITH_BODY: [(&str, &str); 2] =
    [("408", "The body did not arrive in time"), ("413", "The body is too long")];

/// Adds them to the description.
pub(super) struct Common;

impl Modify for Common {
    fn modify(&self, document: &mut OpenApi) {
        for PathItem { get, put, post, delete, .. } in document.paths.paths.values_mut() {
            [get, delete].into_iter().flatten().for_each(|operation| complete(operation, false));
            [put, post].into_iter().flatten().for_each(|operation| complete(operation, true));
        }
    }
}

fn complete(operation: &mut Operation, body: bool) {
    for (status, description) in ANYWHERE.iter().chain(WITH_BODY.iter().filter(|_| body)) {
        let known = &mut operation.responses.responses;
        known.entry((*status).to_owned()).or_insert_with(|| RefOr::T(problem(description)));
    }
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(parameter) = parameter {
            bound(parameter);
        }
    }
}

fn problem(description: &str) -> Response {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    ResponseBuilder::new().description(description).content("application/json", content).build()
}

/// Says which pages there are.
fn bound(parameter: &mut Parameter) {
    let (least, most) = match parameter.name.as_str() {
        "limit" => (1, LIMIT_MAX),
        "offset" => (0, OFFSET_MAX),
        _ => return,
    };
    if let Some(RefOr::T(Schema::Object(schema))) = &mut parameter.schema {
        schema.minimum = Some((least as f64).into());
        schema.maximum = Some((most as f64).into());
    }
}
