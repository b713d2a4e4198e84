//! Links on the first page of the console (document 4, `dashboard/link`).

use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::id::LinkId;
use crate::name;

/// A link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The integer id.
    pub id: LinkId,
    /// The name to show, unique.
    pub name: String,
    /// Free text.
    pub description: String,
    /// Where it goes: an http or https URL, a path on this server, or `#` and a place on the page.
    pub href: String,
    /// A picture for it: an http or https URL, a path on this server, the name of a picture that the page has, or nothing.
    pub image_url: String,
    /// Whether it opens in a window of its own.
    pub new_window: bool,
    /// For compare-and-swap.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// Checks where a link goes: everybody's browser follows it, so it must not be a script.
///
/// # Errors
/// [`crate::ErrorKind::InvalidArgument`].
pub fn check_href(field: &str, href: &str) -> Result<()> {
    let lower = href.to_ascii_lowercase();
    let web = ["http://", "https://"].iter().any(|scheme| lower.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()));
    let here = href.starts_with('/') && !href.starts_with("//") && !href.starts_with("/\\");
    let on_the_page = href.starts_with('#');
    if href.len() > 2000 || href.chars().any(|c| c.is_whitespace() || c.is_control()) || !(web || here || on_the_page) {
        let message =
            format!("'{}' must be an http or https URL, a path that begins with '/', or '#' and a place on the page", name::clip(href));
        return Err(Error::invalid(field, message));
    }
    Ok(())
}

/// Checks where a picture is: as a link, or the plain name of a picture that the page has (`home_tenant`).
///
/// # Errors
/// [`crate::ErrorKind::InvalidArgument`].
pub fn check_picture(field: &str, place: &str) -> Result<()> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    if !place.is_empty() && place.len() <= 128 && place.bytes().all(plain) {
        return Ok(());
    }
    check_href(field, place).map_err(|_| {
        let message = format!(
            "'{}' must be an http or https URL, a path that begins with '/', or a name of letters, digits, '_', '-' and '.'",
            name::clip(place)
        );
        Error::invalid(field, message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_goes_to_a_page_and_is_no_script() {
        for good in ["http://a.example", "HTTPS://a.example/x?y=1", "/dashboard", "#/console/tenant"] {
            assert!(check_href("href", good).is_ok(), "{good}");
        }
        for bad in ["", "javascript:alert(1)", "//evil.example", "/\\evil.example", "https://", "data:text/html,x", "http://a b"] {
            assert!(check_href("href", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_picture_is_at_a_place_or_has_a_plain_name() {
        for good in ["home_tenant", "icon-1.png", "/pictures/a.png", "https://a.example/a.png"] {
            assert!(check_picture("imageUrl", good).is_ok(), "{good}");
        }
        for bad in ["", "javascript:alert(1)", "data:image/png;base64,x", "//evil.example/a.png", "a b"] {
            assert!(check_picture("imageUrl", bad).is_err(), "{bad}");
        }
    }
}
