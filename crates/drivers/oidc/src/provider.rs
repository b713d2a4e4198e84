//! What a provider says of itself: its addresses and keys, remembered for an hour and asked for anew when a key is unknown.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::future::BoxFuture;
use openidconnect::core::{CoreClientAuthMethod, CoreJsonWebKeySet, CoreProviderMetadata};
use openidconnect::{AsyncHttpClient, AuthType, ClientId, ClientSecret, DiscoveryError, HttpRequest, HttpResponse, IssuerUrl};
use reqwest::Method;
use tenantry_domain::Timestamp;
use tenantry_driver_api::http::Http;
use tenantry_driver_api::{DriverError, DriverErrorKind, Result};
use url::Url;

use crate::{Client, OpenId};

/// How long it is remembered. A key that was withdrawn is believed no longer than this.
const LIFE: Duration = Duration::from_secs(3600);
/// The most bytes read of one answer.
const MOST_BYTES: usize = 1 << 20;

/// What is remembered of a provider.
pub(crate) struct Provider {
    metadata: CoreProviderMetadata,
    found_at: Timestamp,
}

/// What the provider said last, and how it failed to say it, with the number of the time that it was asked.
#[derive(Default)]
pub(crate) struct Memory {
    provider: Option<Arc<Provider>>,
    failure: Option<(u64, DriverError)>,
}

impl Provider {
    /// The keys that ID tokens are signed with.
    pub(crate) fn keys(&self) -> &CoreJsonWebKeySet {
        self.metadata.jwks()
    }

    /// The library's client for it.
    pub(crate) fn client(&self, id: &str, secret: &str) -> Client {
        let metadata = self.metadata.clone();
        let methods = metadata.token_endpoint_auth_methods_supported().cloned().unwrap_or_default();
        let only_in_body =
            methods.contains(&CoreClientAuthMethod::ClientSecretPost) && !methods.contains(&CoreClientAuthMethod::ClientSecretBasic);
        let secret = (!secret.is_empty()).then(|| ClientSecret::new(secret.to_owned()));
        let client = Client::from_provider_metadata(metadata, ClientId::new(id.to_owned()), secret);
        if only_in_body { client.set_auth_type(AuthType::RequestBody) } else { client }
    }

    /// Whether there is somebody to ask for what the ID token lacks.
    pub(crate) fn tells_more(&self) -> bool {
        self.metadata.userinfo_endpoint().is_some()
    }
}

impl OpenId {
    /// The provider as it is remembered, or as it says now.
    pub(crate) async fn provider(&self) -> Result<Arc<Provider>> {
        let (now, asked) = (self.clock.now(), self.asked.load(Ordering::SeqCst));
        let mut memory = self.memory.lock().await;
        match (&memory.provider, &memory.failure) {
            (Some(provider), _) if now.since(provider.found_at) < LIFE => Ok(Arc::clone(provider)),
            // who waited while somebody else was told so waits for nothing more
            (_, Some((turn, failure))) if *turn > asked => Err(failure.clone()),
            _ => self.ask_anew(&mut memory, now).await,
        }
    }

    /// The provider as it says now, unless that was asked since `old`.
    pub(crate) async fn renewed(&self, old: &Arc<Provider>) -> Result<Arc<Provider>> {
        let now = self.clock.now();
        let mut memory = self.memory.lock().await;
        match &memory.provider {
            Some(provider) if !Arc::ptr_eq(provider, old) => Ok(Arc::clone(provider)),
            _ => self.ask_anew(&mut memory, now).await,
        }
    }

    /// The provider as it says now.
    pub(crate) async fn asked_again(&self) -> Result<Arc<Provider>> {
        let mut memory = self.memory.lock().await;
        self.ask_anew(&mut memory, self.clock.now()).await
    }

    async fn ask_anew(&self, memory: &mut Memory, now: Timestamp) -> Result<Arc<Provider>> {
        let turn = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        match self.discover(now).await {
            Ok(provider) => {
                memory.failure = None;
                Ok(Arc::clone(memory.provider.insert(Arc::new(provider))))
            }
            Err(failure) => {
                memory.failure = Some((turn, failure.clone()));
                Err(failure)
            }
        }
    }

    async fn discover(&self, now: Timestamp) -> Result<Provider> {
        let issuer = &self.settings.issuer;
        let wrong = |what: String| self.failure(DriverErrorKind::Invalid, &what);
        let url = IssuerUrl::new(issuer.clone()).map_err(|_| wrong("has an issuer that is no URL".to_owned()))?;
        let metadata = CoreProviderMetadata::discover_async(url, self).await.map_err(|error| match error {
            DiscoveryError::Request(error) => error,
            DiscoveryError::Response(status, ..) if status.is_client_error() => {
                let status = status.as_u16();
                wrong(format!(
                    "answered {status} when asked what it is: issuer must be what the provider calls itself, without /.well-known"
                ))
            }
            DiscoveryError::Validation(_) => wrong(format!(
                "calls itself by another name than '{issuer}': issuer must be exactly its own, with or without a slash at the end"
            )),
            _ => self.failure(DriverErrorKind::Server, "does not describe itself as an OpenID provider does"),
        })?;
        self.no_step_down(&metadata)?;
        Ok(Provider { metadata, found_at: now })
    }

    /// What is found over TLS leads to nothing without it.
    fn no_step_down(&self, metadata: &CoreProviderMetadata) -> Result<()> {
        let addresses = [
            Some(metadata.authorization_endpoint().url()),
            metadata.token_endpoint().map(|e| e.url()),
            metadata.userinfo_endpoint().map(|e| e.url()),
            Some(metadata.jwks_uri().url()),
        ];
        if metadata.token_endpoint().is_none() {
            return Err(self.failure(DriverErrorKind::Invalid, "has no token endpoint, which the authorization code flow needs"));
        }
        let secure = metadata.issuer().url().scheme() == "https";
        let fits = |url: &Url| url.scheme() == "https" || (!secure && url.scheme() == "http");
        if addresses.into_iter().flatten().all(fits) {
            return Ok(());
        }
        Err(self.failure(DriverErrorKind::Server, "names an address that is reached without TLS, which gets no secret"))
    }

    /// Sends what the library wants sent. Answers that are no answer to the question are failures here.
    async fn ask(&self, request: HttpRequest) -> Result<HttpResponse> {
        let (head, body) = request.into_parts();
        let said = |error: DriverError| DriverError { retry_after: error.retry_after, ..self.failure(error.kind, &error.message) };
        let url =
            Url::parse(&head.uri.to_string()).map_err(|_| self.failure(DriverErrorKind::Server, "names an address that is no URL"))?;
        let method = if head.method == http::Method::POST { Method::POST } else { Method::GET };
        let sent = self.http.send(method, url, self.limit, |request| request.headers(head.headers).body(body)).await;
        let response = sent.map_err(said)?;
        let (status, headers) = (response.status(), response.headers().clone());
        if status.is_server_error() || status.is_redirection() || status.as_u16() == 429 {
            let kind = if status.as_u16() == 429 { DriverErrorKind::Throttled } else { DriverErrorKind::Server };
            let asked = headers.get(http::header::RETRY_AFTER).and_then(|v| v.to_str().ok()).and_then(|v| v.trim().parse().ok());
            let failure = self.failure(kind, &format!("answered {}", status.as_u16()));
            return Err(DriverError { retry_after: asked.map(Duration::from_secs), ..failure });
        }
        let mut answer = http::Response::new(Http::read(response, MOST_BYTES, self.limit).await.map_err(said)?);
        *answer.status_mut() = status;
        *answer.headers_mut() = headers;
        Ok(answer)
    }
}

impl<'c> AsyncHttpClient<'c> for OpenId {
    type Error = DriverError;
    type Future = BoxFuture<'c, Result<HttpResponse>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.ask(request))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tenantry_domain::{Clock, Uid};
    use tenantry_driver_api::Guard;

    use super::*;
    use crate::Settings;

    struct Still;

    impl Clock for Still {
        fn now(&self) -> Timestamp {
            Timestamp(0)
        }
        fn uid(&self) -> Uid {
            "00000000-0000-7000-8000-000000000001".parse().unwrap()
        }
        fn random(&self, _: &mut [u8]) {}
    }

    #[test]
    fn nothing_secret_goes_without_tls_to_what_was_found_with_it() {
        let settings =
            |issuer: &str| Settings { name: "company".into(), issuer: issuer.into(), client_id: "tenantry".into(), ..Settings::default() };
        let guard = Guard::new::<&str>(&[]).unwrap();
        for (issuer, field, address, good) in [
            ("https://a.example", "jwks_uri", "https://b.example/keys", true),
            ("https://a.example", "jwks_uri", "http://a.example/keys", false),
            ("https://a.example", "token_endpoint", "http://a.example/token", false),
            ("https://a.example", "userinfo_endpoint", "http://a.example/me", false),
            ("https://a.example", "authorization_endpoint", "http://a.example/authorize", false),
            ("http://a.example", "token_endpoint", "http://a.example/token", true),
            ("http://a.example", "token_endpoint", "ftp://a.example/token", false),
        ] {
            let mut described = json!({
                "issuer": issuer, "authorization_endpoint": "https://a.example/authorize", "token_endpoint": "https://a.example/token",
                "jwks_uri": "https://a.example/keys", "response_types_supported": ["code"], "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
            });
            described[field] = json!(address);
            let provider = OpenId::new(settings(issuer), &guard, Arc::new(Still)).unwrap();
            let answer = provider.no_step_down(&serde_json::from_value(described).unwrap());
            assert_eq!(answer.is_ok(), good, "{issuer} {field} {address}");
        }
    }
}
