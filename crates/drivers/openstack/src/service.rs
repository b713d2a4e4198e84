//! The services of an OpenStack cloud, and where its catalog says that they are.

use serde_json::Value;
use tenantry_driver_api::{DriverError, DriverErrorKind, Result};
use url::Url;

/// A service that is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    Identity,
    Compute,
    Network,
    Volumes,
    Images,
}

impl Service {
    /// Those that the catalog has to lead to; Keystone is where the connection says.
    pub(crate) const CATALOG: [Self; 4] = [Self::Compute, Self::Network, Self::Volumes, Self::Images];

    /// For sentences.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Identity => "the identity service",
            Self::Compute => "the compute service",
            Self::Network => "the network service",
            Self::Volumes => "the block storage service",
            Self::Images => "the image service",
        }
    }

    /// What it is called in catalogs, the best name first.
    const fn types(self) -> &'static [&'static str] {
        match self {
            Self::Identity => &["identity"],
            Self::Compute => &["compute"],
            Self::Network => &["network"],
            Self::Volumes => &["block-storage", "volumev3", "block-store"],
            Self::Images => &["image"],
        }
    }

    /// The microversion that is asked for. Both came with OpenStack Queens (2018): servers get tags when they are made (2.52), and volumes
    /// grow while they are in use (3.42).
    pub(crate) const fn microversion(self) -> Option<(&'static str, u32, u32)> {
        match self {
            Self::Compute => Some(("compute", 2, 60)),
            Self::Volumes => Some(("volume", 3, 50)),
            Self::Identity | Self::Network | Self::Images => None,
        }
    }

    /// What an endpoint's path ends with when the catalog leaves it out.
    const fn version_path(self) -> Option<&'static str> {
        match self {
            Self::Network => Some("v2.0"),
            Self::Images => Some("v2"),
            Self::Identity | Self::Compute | Self::Volumes => None,
        }
    }
}

/// Which endpoints of a catalog are used.
#[derive(Debug, Clone)]
pub(crate) struct Choice {
    /// The region; the only one there is without it.
    pub region: Option<String>,
    /// public, internal or admin.
    pub interface: String,
    /// Whether Keystone is reached over TLS: then everything is.
    pub secure: bool,
}

/// Where a service is, according to the catalog of a token.
pub(crate) fn endpoint(catalog: &Value, service: Service, choice: &Choice) -> Result<Url> {
    let invalid = |what: String| DriverError::new(DriverErrorKind::Invalid, what);
    let (name, types, interface) = (service.name(), service.types(), &choice.interface);
    let entries = catalog.as_array().into_iter().flatten();
    let entry = |kind: &str| entries.clone().find(|entry| entry["type"] == kind);
    let Some(entry) = types.iter().find_map(|kind| entry(kind)) else {
        return Err(invalid(format!("the catalog does not have {name} (type {})", types.join(" or "))));
    };
    let offered: Vec<&Value> = entry["endpoints"].as_array().into_iter().flatten().filter(|e| e["interface"] == **interface).collect();
    let region = |endpoint: &Value| endpoint["region_id"].as_str().or_else(|| endpoint["region"].as_str()).unwrap_or_default().to_owned();
    let mut regions: Vec<String> = offered.iter().map(|e| region(e)).collect();
    regions.sort();
    regions.dedup();
    let found = match &choice.region {
        Some(wanted) => offered.into_iter().find(|e| region(e) == *wanted),
        None if regions.len() > 1 => {
            return Err(invalid(format!("the cloud has several regions ({}): the connection must name one", regions.join(", "))));
        }
        None => offered.into_iter().next(),
    };
    let Some(found) = found else {
        let place = choice.region.as_ref().map_or_else(String::new, |region| format!(" in region '{region}'"));
        let others = if regions.is_empty() { String::new() } else { format!("; it has one in {}", regions.join(", ")) };
        return Err(invalid(format!("the catalog has no {interface} endpoint of {name}{place}{others}")));
    };
    let parsed = found["url"].as_str().and_then(|url| Url::parse(url).ok());
    let mut url = parsed
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some())
        .ok_or_else(|| invalid(format!("the catalog's {interface} endpoint of {name} is no URL")))?;
    if choice.secure && url.scheme() != "https" {
        let message = format!("the catalog's {interface} endpoint of {name} is without TLS, and gets no token that was given over TLS");
        return Err(invalid(message));
    }
    if let Some(version) = service.version_path()
        && !url.path().trim_end_matches('/').ends_with(version)
        && let Ok(mut path) = url.path_segments_mut()
    {
        path.pop_if_empty().push(version);
    }
    Ok(url)
}

/// The address that tells an API's versions: an endpoint without what follows its version.
pub(crate) fn version_root(endpoint: &Url) -> Url {
    let mut root = endpoint.clone();
    let segments: Vec<String> = endpoint.path_segments().into_iter().flatten().map(str::to_owned).collect();
    let version = |s: &String| s.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    if let Some(at) = segments.iter().position(version) {
        root.set_path(&format!("{}/", segments[..=at].join("/")));
    }
    root
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn catalog() -> Value {
        let at = |interface: &str, region: &str, url: &str| json!({"interface": interface, "region_id": region, "url": url});
        json!([
            {"type": "compute", "endpoints": [at("public", "east", "https://e/compute/v2.1"), at("public", "west", "https://w/compute/v2.1")]},
            {"type": "network", "endpoints": [at("public", "east", "https://e:9696"), at("internal", "east", "http://e:9696/")]},
            {"type": "volumev3", "endpoints": [at("public", "east", "https://e/volume/v3/abc")]},
        ])
    }

    fn choice(region: Option<&str>, interface: &str) -> Choice {
        Choice { region: region.map(str::to_owned), interface: interface.to_owned(), secure: true }
    }

    #[test]
    fn an_endpoint_is_found_by_type_region_and_interface() {
        let east = choice(Some("east"), "public");
        assert_eq!(endpoint(&catalog(), Service::Compute, &east).unwrap().as_str(), "https://e/compute/v2.1");
        assert_eq!(endpoint(&catalog(), Service::Network, &east).unwrap().as_str(), "https://e:9696/v2.0");
        let volumes = endpoint(&catalog(), Service::Volumes, &choice(None, "public")).unwrap();
        assert_eq!(version_root(&volumes).as_str(), "https://e/volume/v3/");
    }

    #[test]
    fn what_is_missing_is_named() {
        let several = "no public endpoint of the compute service in region 'north'; it has one in east, west";
        for (service, choice, says) in [
            (Service::Images, choice(None, "public"), "does not have the image service"),
            (Service::Compute, choice(None, "public"), "several regions (east, west)"),
            (Service::Compute, choice(Some("north"), "public"), several),
            (Service::Compute, choice(Some("east"), "admin"), "no admin endpoint of the compute service in region 'east'"),
            (Service::Network, choice(Some("east"), "internal"), "without TLS"),
        ] {
            let error = endpoint(&catalog(), service, &choice).unwrap_err();
            assert!(error.message.contains(says), "{error}");
        }
    }
}
