//! The two pages of single sign-on. The session's cookie is not sent where another site leads, so the way back from a provider ends at a page
//! of this server, which goes on by itself. Neither page has a script, and neither tells others where it was.

use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use tenantry_domain::{Error, ErrorKind};
use tenantry_http::failure::status;

use crate::error::Failure;

const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_TYPE, "text/html; charset=utf-8"),
    (header::CACHE_CONTROL, "no-store"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
];

/// Goes on to a path of this server.
pub(crate) fn logged_in(path: &str) -> Response {
    let path = escaped(path);
    let head = format!("<meta http-equiv=\"refresh\" content=\"0;url={path}\">");
    page(StatusCode::OK, &head, &format!("<p>You are logged in. <a href=\"{path}\">Go on</a></p>"))
}

/// Says to a person what went wrong, and to a program what it always is told.
pub(crate) fn failed(headers: &HeaderMap, error: Error) -> Response {
    let accepts = headers.get_all(header::ACCEPT).iter().filter_map(|v| v.to_str().ok());
    let browser = accepts.flat_map(|v| v.split(',')).any(|kind| kind.trim().starts_with("text/html"));
    // what failed inside is logged where its problem document is written
    if !browser || error.kind == ErrorKind::Internal {
        return Failure(error).into_response();
    }
    page(status(error.kind), "", &format!("<p>You are not logged in: {}.</p><p><a href=\"/\">Back</a></p>", escaped(&error.message)))
}

fn page(status: StatusCode, head: &str, body: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Tenantry</title>{head}</head><body>{body}</body></html>\n"
    );
    let mut response = (status, html).into_response();
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe += "&amp;",
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            '"' => safe += "&quot;",
            '\'' => safe += "&#39;",
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_was_sent_becomes_a_part_of_the_page() {
        assert_eq!(escaped("/a?x=\"><script>'&"), "/a?x=&quot;&gt;&lt;script&gt;&#39;&amp;");
    }
}
