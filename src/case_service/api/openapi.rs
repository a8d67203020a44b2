//! The OpenAPI document, made from the handlers and types themselves; `openapi.json` is its checked-in copy.

use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::api::router;
use crate::delivery::ResultNotice;
use crate::problem::Problem;

/// The document, pretty-printed, with a final newline.
///
/// # Errors
/// Only if the document cannot be written as JSON, which its own test excludes.
pub fn openapi_json() -> Result<String, serde_json::Error> {
    let mut text = Document::openapi().to_pretty_json()?;
    text.push('\n');
    Ok(text)
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Accord for case services",
        version = "1",
        description = "A case service creates rooms, hands out invitations and fetches results. Results also come by \
                       webhook. See section 8 of PROTOCOL.md.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    paths(router::create_room, router::room_status, router::invite, router::revoke, router::result),
    components(schemas(Problem, ResultNotice)),
    modifiers(&ServiceToken)
)]
struct Document;

/// Every call carries a service's token.
struct ServiceToken;

impl Modify for ServiceToken {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let mut bearer = Http::new(HttpAuthScheme::Bearer);
        bearer.bearer_format = Some("JWT".to_owned());
        document.components.get_or_insert_default().add_security_scheme("service_token", SecurityScheme::Http(bearer));
        document.security = Some(vec![SecurityRequirement::new("service_token", Vec::<String>::new())]);
    }
}
