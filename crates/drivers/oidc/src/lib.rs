//! Single sign-on at an OpenID provider: discovery, the authorization code flow with PKCE (S256), and an ID token that is believed only
//! when issuer, audience, nonce, time, algorithm and signature are right. The library openidconnect does the protocol; what goes over
//! the wire goes through the guard.

mod claims;
mod provider;

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use claims::{MoreClaims, Said, said};
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreRevocableToken, CoreRevocationErrorResponse,
    CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AccessToken, AuthorizationCode, ClaimsVerificationError, CsrfToken, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet,
    EndpointSet, IdTokenClaims, IdTokenFields, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    RequestTokenError, Scope, SignatureVerificationError, StandardErrorResponse, StandardTokenResponse, SubjectIdentifier,
    TokenResponse as _, UserInfoClaims, UserInfoError,
};
use provider::{Memory, Provider};
use tenantry_domain::Clock;
use tenantry_driver_api::http::Http;
use tenantry_driver_api::{DirectoryUser, DriverError, DriverErrorKind, Guard, PendingSignOn, Purpose, Result, SignOn, SignedOn};
use tokio::sync::Mutex;
use url::Url;

/// How long one call may take.
const CALL_LIMIT: Duration = Duration::from_secs(10);
/// How far the provider's clock may be from ours.
const SKEW: TimeDelta = TimeDelta::seconds(60);

/// The algorithms that an ID token may be signed with. Those with a shared secret are not among them.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

type Fields = IdTokenFields<MoreClaims, EmptyExtraTokenFields, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;
type TokenAnswer = StandardTokenResponse<Fields, CoreTokenType>;
type Claims = IdTokenClaims<MoreClaims, CoreGenderClaim>;
/// The library's client, with all claims, for the endpoints that a provider may name.
type Client = openidconnect::Client<
    MoreClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    TokenAnswer,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// What an operator says of a provider.
#[derive(Clone)]
pub struct Settings {
    /// What it is called in errors.
    pub name: String,
    /// The URL that the provider calls itself by, exactly.
    pub issuer: String,
    /// What the provider calls us.
    pub client_id: String,
    /// The secret that it gave us; empty for a public client.
    pub client_secret: String,
    /// Certificate authorities that are believed beside the system's, as PEM.
    pub ca_pem: Option<String>,
    /// What is asked for beside `openid`.
    pub scopes: Vec<String>,
    /// The claim that has what a person is called here.
    pub login_claim: String,
    /// The claim that has a person's mail address.
    pub email_claim: String,
    /// The claim that has a person's groups, or the path to it (`realm_access.roles`); empty when groups do not matter.
    pub groups_claim: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            name: String::new(),
            issuer: String::new(),
            client_id: String::new(),
            client_secret: String::new(),
            ca_pem: None,
            scopes: vec!["profile".to_owned(), "email".to_owned()],
            login_claim: claims::LOGIN.to_owned(),
            email_claim: claims::EMAIL.to_owned(),
            groups_claim: "groups".to_owned(),
        }
    }
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Settings({}, {})", self.name, self.issuer)
    }
}

/// An OpenID provider.
pub struct OpenId {
    settings: Settings,
    http: Http,
    clock: Arc<dyn Clock>,
    limit: Duration,
    memory: Mutex<Memory>,
    /// How often the provider was asked what it is.
    asked: AtomicU64,
}

impl std::fmt::Debug for OpenId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OpenId({})", self.settings.name)
    }
}

impl OpenId {
    /// Prepares a provider; nothing is asked of it yet.
    ///
    /// # Errors
    /// `Invalid` for settings that cannot be used, which it names.
    pub fn new(settings: Settings, guard: &Guard, clock: Arc<dyn Clock>) -> Result<Self> {
        let wrong = |what: &str| DriverError::new(DriverErrorKind::Invalid, format!("provider '{}': {what}", settings.name));
        let issuer = Url::parse(&settings.issuer).ok().filter(|url| matches!(url.scheme(), "https" | "http"));
        let bare = |url: &Url| url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
        if !issuer.is_some_and(|url| bare(&url)) {
            return Err(wrong("issuer must be the https URL that the provider calls itself by, without a question mark"));
        }
        if settings.client_id.is_empty() {
            return Err(wrong("client_id is missing: it is what the provider calls Tenantry"));
        }
        let http = Http::new(guard, Purpose::SignOn, settings.ca_pem.as_deref()).map_err(|e| wrong(&e.message))?;
        Ok(Self { settings, http, clock, limit: CALL_LIMIT, memory: Mutex::default(), asked: AtomicU64::new(0) })
    }

    /// The same provider, at which no call takes longer than this.
    #[must_use]
    pub const fn with_call_limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// What this provider did wrong.
    fn failure(&self, kind: DriverErrorKind, did: &str) -> DriverError {
        DriverError::new(kind, format!("provider '{}' {did}", self.settings.name))
    }

    /// What is said of a person, by the claims that the settings name.
    fn said(&self, said: Said, more: &MoreClaims) -> Said {
        said.by(&self.settings.login_claim, &self.settings.email_claim, more)
    }

    /// 256 random bits as text.
    fn random(&self) -> String {
        let mut bytes = [0; 32];
        self.clock.random(&mut bytes);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn client(&self, provider: &Provider) -> Client {
        provider.client(&self.settings.client_id, &self.settings.client_secret)
    }

    fn redirect(&self, uri: &str) -> Result<RedirectUrl> {
        RedirectUrl::new(uri.to_owned()).map_err(|_| self.failure(DriverErrorKind::Invalid, "cannot lead back to what is no URL"))
    }

    /// Exchanges the code; nothing for one that the provider does not accept.
    async fn exchange(&self, client: &Client, pending: &PendingSignOn, code: &str) -> Result<Option<TokenAnswer>> {
        let redirect = self.redirect(&pending.redirect_uri)?;
        let no_endpoint = |_| self.failure(DriverErrorKind::Invalid, "has no token endpoint");
        let request = client.exchange_code(AuthorizationCode::new(code.to_owned())).map_err(no_endpoint)?;
        let request = request.set_pkce_verifier(PkceCodeVerifier::new(pending.verifier.clone())).set_redirect_uri(Cow::Owned(redirect));
        let error = match request.request_async(self).await {
            Ok(answer) => return Ok(Some(answer)),
            Err(RequestTokenError::Request(error)) => return Err(error),
            Err(RequestTokenError::ServerResponse(error)) => error.error().clone(),
            // what was received may hold tokens, and is not repeated
            Err(_) => return Err(self.failure(DriverErrorKind::Server, "does not answer the exchange of a code like an OpenID provider")),
        };
        match error {
            CoreErrorResponseType::InvalidGrant => Ok(None),
            CoreErrorResponseType::InvalidClient | CoreErrorResponseType::UnauthorizedClient => {
                Err(self.failure(DriverErrorKind::Unauthorized, "does not accept client_id and client_secret"))
            }
            CoreErrorResponseType::Extension(_) => {
                Err(self.failure(DriverErrorKind::Server, "refuses the exchange of a code for a reason of its own"))
            }
            other => Err(self.failure(DriverErrorKind::Invalid, &format!("refuses the exchange of a code: {}", other.as_ref()))),
        }
    }

    /// The claims of the ID token, if it can be believed. With keys that have not been seen, the provider is asked for its keys again.
    async fn verified(&self, provider: &Arc<Provider>, answer: &TokenAnswer, nonce: &Nonce) -> Result<Claims> {
        match self.verify(provider, answer, nonce) {
            Err(Doubt::Key) => {}
            other => return other.map_err(|doubt| self.doubted(&doubt)),
        }
        let renewed = self.renewed(provider).await?;
        self.verify(&renewed, answer, nonce).map_err(|doubt| self.doubted(&doubt))
    }

    fn verify(&self, provider: &Provider, answer: &TokenAnswer, nonce: &Nonce) -> std::result::Result<Claims, Doubt> {
        let token = answer.id_token().ok_or(Doubt::Because("gives no ID token; the scope 'openid' must be allowed to us"))?;
        let client = self.client(provider);
        let now = DateTime::<Utc>::from_timestamp_millis(self.clock.now().0).unwrap_or_default();
        let issued = |at: DateTime<Utc>| if at > now + SKEW { Err("issued in the future".to_owned()) } else { Ok(()) };
        let verifier =
            client.id_token_verifier().set_allowed_algs(ALGORITHMS).set_time_fn(move || now - SKEW).set_issue_time_verifier_fn(issued);
        let claims = token.claims(&verifier, nonce).map_err(|error| doubt(&error))?;
        match claims.authorized_party() {
            Some(party) if party.as_str() != self.settings.client_id => Err(Doubt::Because("gives an ID token for another client")),
            _ => Ok(claims.clone()),
        }
    }

    fn doubted(&self, doubt: &Doubt) -> DriverError {
        let did = match doubt {
            Doubt::Key => "gives an ID token that is not signed with a key that it publishes",
            Doubt::Because(did) => did,
        };
        self.failure(DriverErrorKind::Server, did)
    }

    /// What the userinfo endpoint says of the person.
    async fn more(
        &self,
        client: &Client,
        token: &AccessToken,
        subject: &SubjectIdentifier,
    ) -> Result<UserInfoClaims<MoreClaims, CoreGenderClaim>> {
        let wrong = |did: &str| self.failure(DriverErrorKind::Server, did);
        // the library cannot put anything else into a header
        if token.secret().is_empty() || !token.secret().bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(wrong("gives an access token that is none"));
        }
        let request = client.user_info(token.clone(), Some(subject.clone())).map_err(|_| wrong("has no userinfo endpoint"))?;
        request.request_async(self).await.map_err(|error| match error {
            UserInfoError::Request(error) => error,
            UserInfoError::ClaimsVerification(_) => wrong("tells of another person than the ID token does"),
            UserInfoError::Response(status, ..) => wrong(&format!("answered {} when asked who somebody is", status.as_u16())),
            _ => wrong("does not tell who somebody is like an OpenID provider"),
        })
    }
}

/// Why an ID token is not believed.
enum Doubt {
    /// Its key is not known; there may be a new one.
    Key,
    /// What the provider did.
    Because(&'static str),
}

/// The library's words may repeat what the token says, and are not used.
fn doubt(error: &ClaimsVerificationError) -> Doubt {
    use ClaimsVerificationError::{Expired, InvalidAudience, InvalidIssuer, InvalidNonce, SignatureVerification};
    use SignatureVerificationError::{CryptoError, DisallowedAlg, NoMatchingKey, NoSignature, UnsupportedAlg};
    Doubt::Because(match error {
        SignatureVerification(NoMatchingKey | CryptoError(_)) => return Doubt::Key,
        SignatureVerification(NoSignature) => "gives an ID token without a signature",
        SignatureVerification(DisallowedAlg(_) | UnsupportedAlg(_)) => "gives an ID token with an algorithm that is not accepted",
        InvalidIssuer(_) => "gives an ID token of another issuer",
        InvalidAudience(_) => "gives an ID token for another client",
        InvalidNonce(_) => "gives an ID token that belongs to another login",
        Expired(_) => "gives an ID token that is not valid now; the clocks may differ",
        _ => "gives an ID token that cannot be believed",
    })
}

#[async_trait]
impl SignOn for OpenId {
    async fn check(&self) -> Result<()> {
        let provider = self.asked_again().await?;
        if provider.keys().keys().is_empty() {
            return Err(self.failure(DriverErrorKind::Server, "publishes no key that ID tokens could be signed with"));
        }
        Ok(())
    }

    async fn begin(&self, redirect_uri: &str) -> Result<PendingSignOn> {
        let redirect = self.redirect(redirect_uri)?;
        let client = self.client(&*self.provider().await?);
        let [state, nonce, verifier] = [self.random(), self.random(), self.random()];
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(verifier.clone()));
        let (sent_state, sent_nonce) = (CsrfToken::new(state.clone()), Nonce::new(nonce.clone()));
        let (url, ..) = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, move || sent_state, move || sent_nonce)
            .add_scopes(self.settings.scopes.iter().cloned().map(Scope::new))
            .set_pkce_challenge(challenge)
            .set_redirect_uri(Cow::Owned(redirect))
            .url();
        Ok(PendingSignOn { url: url.into(), state, nonce, verifier, redirect_uri: redirect_uri.to_owned() })
    }

    async fn finish(&self, pending: &PendingSignOn, code: &str) -> Result<SignedOn> {
        if code.is_empty() {
            return Ok(SignedOn::Refused);
        }
        let provider = self.provider().await?;
        let client = self.client(&provider);
        let Some(answer) = self.exchange(&client, pending, code).await? else { return Ok(SignedOn::Refused) };
        let token = self.verified(&provider, &answer, &Nonce::new(pending.nonce.clone())).await?;
        let mut person = DirectoryUser { subject: token.subject().to_string(), ..DirectoryUser::default() };
        claims::fill(&mut person, self.said(said!(token), token.additional_claims()));
        let mut groups = claims::groups(token.additional_claims(), &self.settings.groups_claim);
        let groups_lack = groups.is_none() && !self.settings.groups_claim.is_empty();
        if provider.tells_more() && (person.login.is_empty() || person.name.is_empty() || person.email.is_none() || groups_lack) {
            let more = self.more(&client, answer.access_token(), token.subject()).await?;
            claims::fill(&mut person, self.said(said!(more), more.additional_claims()));
            groups = groups.or_else(|| claims::groups(more.additional_claims(), &self.settings.groups_claim));
        }
        person.groups = groups.unwrap_or_default();
        if person.subject.is_empty() {
            return Err(self.failure(DriverErrorKind::Server, "gives an ID token of nobody"));
        }
        if person.login.is_empty() {
            person.login = person.email.clone().unwrap_or_else(|| person.subject.clone());
        }
        Ok(SignedOn::User(person))
    }
}
