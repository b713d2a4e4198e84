//! Providers that fail, hang and lie: each failure keeps its meaning, nobody is let in, and no secret is repeated.

#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use common::Stepped;
use openidconnect::core::{CoreEdDsaPrivateSigningKey, CoreHmacKey, CoreJwsSigningAlgorithm};
use openidconnect::{JsonWebKeyId, PkceCodeChallenge, PkceCodeVerifier, PrivateSigningKey as _};
use serde_json::{Value, json};
use tenantry_driver_api::{DirectoryUser, DriverError, DriverErrorKind, Guard, PendingSignOn, SignOn as _, SignedOn};
use tenantry_driver_oidc::{OpenId, Settings};
use url::Url;
use wiremock::matchers::{any, body_string_contains, header, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

const SECRET: &str = "our-client-secret";
const ACCESS: &str = "an-access-token";
const CODE: &str = "the-code-of-the-browser";
const REDIRECT: &str = "https://cloud.example.net/sso/callback";
const LIMIT: Duration = Duration::from_millis(300);
/// 2026-01-01T00:00:00Z, in seconds.
const NOW: i64 = 1_767_225_600;

/// A provider of the test's own.
struct Fake {
    server: MockServer,
    key: CoreEdDsaPrivateSigningKey,
}

fn key(id: &str) -> CoreEdDsaPrivateSigningKey {
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    CoreEdDsaPrivateSigningKey::from_ed25519_pem(&pair.serialize_pem(), Some(JsonWebKeyId::new(id.to_owned()))).unwrap()
}

fn ok(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

fn metadata(issuer: &str) -> Value {
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "userinfo_endpoint": format!("{issuer}/me"),
        "jwks_uri": format!("{issuer}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        // it offers more than is accepted
        "id_token_signing_alg_values_supported": ["EdDSA", "HS256", "none"],
    })
}

fn encode(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

/// A token as its maker wants it, whatever that is.
fn token(header: &Value, claims: &Value, key: &CoreEdDsaPrivateSigningKey) -> String {
    let signed = format!("{}.{}", encode(header), encode(claims));
    let signature = key.sign(&CoreJwsSigningAlgorithm::EdDsa, signed.as_bytes()).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

impl Fake {
    /// A provider that describes itself and publishes its key, `first`.
    async fn start() -> Self {
        let fake = Self { server: MockServer::start().await, key: key("first") };
        fake.publish(&fake.key).await;
        fake.answers("/.well-known/openid-configuration", ok(&metadata(&fake.issuer()))).await;
        fake
    }

    fn issuer(&self) -> String {
        self.server.uri()
    }

    /// From now on answers there with this, whatever it answered before.
    async fn answers(&self, at: &str, answer: ResponseTemplate) {
        Mock::given(path(at)).respond_with(answer).with_priority(5).mount(&self.server).await;
    }

    async fn publish(&self, key: &CoreEdDsaPrivateSigningKey) {
        let keys = json!({"keys": [key.as_verification_key()]});
        Mock::given(path("/keys")).respond_with(ok(&keys)).up_to_n_times(1).with_priority(5).mount(&self.server).await;
    }

    fn claims(&self, pending: &PendingSignOn) -> Value {
        json!({
            "iss": self.issuer(), "aud": "tenantry", "sub": "s-1", "iat": NOW, "exp": NOW + 300, "nonce": pending.nonce,
            "preferred_username": "alice", "name": "Alice", "email": "alice@example.net", "email_verified": true, "groups": ["everybody", "admins"],
        })
    }

    /// Exchanges every code for this ID token.
    async fn gives(&self, id_token: &str) {
        self.answers("/token", ok(&json!({"access_token": ACCESS, "token_type": "Bearer", "expires_in": 60, "id_token": id_token}))).await;
    }

    async fn gives_claims(&self, claims: &Value) {
        self.gives(&token(&json!({"alg": "EdDSA", "kid": "first"}), claims, &self.key)).await;
    }

    fn settings(&self) -> Settings {
        Settings {
            name: "company".into(),
            issuer: self.issuer(),
            client_id: "tenantry".into(),
            client_secret: SECRET.into(),
            scopes: vec!["profile".into(), "groups".into()],
            ..Settings::default()
        }
    }

    fn provider(&self) -> (OpenId, Arc<Stepped>) {
        provider(self.settings())
    }

    async fn asked(&self, at: &str) -> Vec<Request> {
        self.server.received_requests().await.unwrap().into_iter().filter(|r| r.url.path() == at).collect()
    }
}

fn provider(settings: Settings) -> (OpenId, Arc<Stepped>) {
    let clock = Arc::new(Stepped::at(NOW * 1000));
    let guard = Guard::new(&["127.0.0.0/8"]).unwrap();
    (OpenId::new(settings, &guard, Arc::clone(&clock) as _).unwrap().with_call_limit(LIMIT), clock)
}

fn query(url: &Url, name: &str) -> String {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// An error that names the provider and repeats nothing that is secret.
fn tidy(error: DriverError) -> DriverError {
    let told = format!("{error:?} {error}");
    assert!(error.message.starts_with("provider 'company' "), "{told}");
    assert!(![SECRET, ACCESS, CODE, "eyJ", "AQEB", "AgIC"].iter().any(|secret| told.contains(secret)), "{told}");
    error
}

/// How a login fails whose code is exchanged for this answer.
async fn failure(fake: &Fake, give: impl AsyncFnOnce(&Fake, &PendingSignOn)) -> DriverError {
    let (provider, _) = fake.provider();
    let pending = provider.begin(REDIRECT).await.unwrap();
    give(fake, &pending).await;
    tidy(provider.finish(&pending, CODE).await.unwrap_err())
}

#[tokio::test]
async fn a_login_proves_itself_and_everything_is_in_the_id_token() {
    let fake = Fake::start().await;
    let (provider, _) = fake.provider();
    let pending = provider.begin(REDIRECT).await.unwrap();
    let url: Url = pending.url.parse().unwrap();
    assert!(pending.url.starts_with(&format!("{}/authorize?", fake.issuer())), "{}", pending.url);
    let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(pending.verifier.clone()));
    for (name, expected) in [
        ("response_type", "code"),
        ("client_id", "tenantry"),
        ("redirect_uri", REDIRECT),
        ("scope", "openid profile groups"),
        ("state", &pending.state),
        ("nonce", &pending.nonce),
        ("code_challenge_method", "S256"),
        ("code_challenge", challenge.as_str()),
    ] {
        assert_eq!(query(&url, name), expected, "{name}");
    }
    assert!(!pending.url.contains(&pending.verifier) && !format!("{pending:?}").contains(&pending.nonce));
    fake.gives_claims(&fake.claims(&pending)).await;
    let expected = DirectoryUser {
        subject: "s-1".into(),
        login: "alice".into(),
        name: "Alice".into(),
        email: Some("alice@example.net".into()),
        phone: None,
        groups: vec!["admins".into(), "everybody".into()],
    };
    assert_eq!(provider.finish(&pending, CODE).await.unwrap(), SignedOn::User(expected));
    let asked = fake.asked("/token").await;
    let body = String::from_utf8(asked[0].body.clone()).unwrap();
    let sent: Url = format!("http://x/?{body}").parse().unwrap();
    for (name, expected) in
        [("grant_type", "authorization_code"), ("code", CODE), ("code_verifier", &pending.verifier), ("redirect_uri", REDIRECT)]
    {
        assert_eq!(query(&sent, name), expected, "{name}");
    }
    assert_eq!(asked[0].headers["authorization"], format!("Basic {}", STANDARD.encode(format!("tenantry:{SECRET}"))));
    assert!(fake.asked("/me").await.is_empty());
}

#[tokio::test]
async fn every_login_has_a_state_a_nonce_and_a_verifier_of_its_own() {
    let fake = Fake::start().await;
    let (provider, _) = fake.provider();
    let (one, two) = (provider.begin(REDIRECT).await.unwrap(), provider.begin(REDIRECT).await.unwrap());
    let mut all = [one.state, one.nonce, one.verifier, two.state, two.nonce, two.verifier];
    assert!(all.iter().all(|random| random.len() == 43), "{all:?}");
    all.sort();
    assert!(all.windows(2).all(|pair| pair[0] != pair[1]), "{all:?}");
}

#[tokio::test]
async fn a_provider_that_takes_the_secret_in_the_body_gets_it_there() {
    let fake = Fake::start().await;
    let mut description = metadata(&fake.issuer());
    description["token_endpoint_auth_methods_supported"] = json!(["client_secret_post"]);
    Mock::given(path("/.well-known/openid-configuration")).respond_with(ok(&description)).with_priority(1).mount(&fake.server).await;
    let (provider, _) = fake.provider();
    let pending = provider.begin(REDIRECT).await.unwrap();
    let id_token = token(&json!({"alg": "EdDSA", "kid": "first"}), &fake.claims(&pending), &fake.key);
    let answer = ok(&json!({"access_token": ACCESS, "token_type": "Bearer", "id_token": id_token}));
    Mock::given(path("/token")).and(body_string_contains(format!("client_secret={SECRET}"))).respond_with(answer).mount(&fake.server).await;
    assert!(matches!(provider.finish(&pending, CODE).await.unwrap(), SignedOn::User(_)));
}

#[tokio::test]
async fn what_the_id_token_lacks_is_asked_for_and_believed_of_the_same_person_only() {
    let fake = Fake::start().await;
    let (provider, _) = fake.provider();
    let pending = provider.begin(REDIRECT).await.unwrap();
    let mut claims = fake.claims(&pending);
    for lacks in ["preferred_username", "email", "groups"] {
        claims.as_object_mut().unwrap().remove(lacks);
    }
    fake.gives_claims(&claims).await;
    let more = json!({"sub": "s-1", "preferred_username": "alice", "name": "Another name", "email": "a@b", "email_verified": "true", "groups": ["g"]});
    Mock::given(path("/me"))
        .and(header("authorization", format!("Bearer {ACCESS}")))
        .respond_with(ok(&more))
        .up_to_n_times(1)
        .mount(&fake.server)
        .await;
    let SignedOn::User(person) = provider.finish(&pending, CODE).await.unwrap() else { panic!("refused") };
    assert_eq!((person.login.as_str(), person.name.as_str(), person.email.as_deref()), ("alice", "Alice", Some("a@b")));
    assert_eq!(person.groups, ["g"]);
    fake.answers("/me", ok(&json!({"sub": "s-2", "preferred_username": "mallory"}))).await;
    let error = tidy(provider.finish(&pending, CODE).await.unwrap_err());
    assert!(error.kind == DriverErrorKind::Server && error.message.contains("another person"), "{error}");
}

#[tokio::test]
async fn a_mail_address_that_is_not_verified_does_not_count_and_a_login_is_always_found() {
    let fake = Fake::start().await;
    let (provider, _) = fake.provider();
    let pending = provider.begin(REDIRECT).await.unwrap();
    let mut claims = fake.claims(&pending);
    claims["email_verified"] = json!(false);
    claims.as_object_mut().unwrap().remove("preferred_username");
    fake.gives_claims(&claims).await;
    fake.answers("/me", ok(&json!({"sub": "s-1", "email": "alice@example.net"}))).await;
    let SignedOn::User(person) = provider.finish(&pending, CODE).await.unwrap() else { panic!("refused") };
    assert_eq!((person.email, person.login.as_str()), (None, "s-1"));
}

#[tokio::test]
async fn an_id_token_that_lies_is_not_believed() {
    type Lie = fn(&mut Value);
    let lies: Vec<(&str, Lie)> = vec![
        ("another issuer", |c| c["iss"] = json!("https://elsewhere.example")),
        ("another client", |c| c["aud"] = json!("somebody-else")),
        ("another client", |c| c["aud"] = json!(["tenantry", "somebody-else"])),
        ("another client", |c| c["azp"] = json!("somebody-else")),
        ("not valid now", |c| c["exp"] = json!(NOW - 61)),
        ("not valid now", |c| c["iat"] = json!(NOW + 61)),
        ("another login", |c| c["nonce"] = json!("of another login")),
        ("another login", |c| drop(c.as_object_mut().unwrap().remove("nonce"))),
        ("nobody", |c| c["sub"] = json!("")),
    ];
    for (part, lie) in lies {
        let fake = Fake::start().await;
        let error = failure(&fake, async |fake: &Fake, pending: &PendingSignOn| {
            let mut claims = fake.claims(pending);
            lie(&mut claims);
            fake.gives_claims(&claims).await;
        })
        .await;
        assert!(error.kind == DriverErrorKind::Server && error.message.contains(part), "{part}: {:?} {error}", error.kind);
    }
}

#[tokio::test]
async fn a_signature_that_is_none_or_of_another_key_is_not_believed() {
    type Forge = fn(&Fake, &Value) -> String;
    let forgeries: Vec<(&str, Forge)> = vec![
        ("without a signature", |_, claims| format!("{}.{}.", encode(&json!({"alg": "none"})), encode(claims))),
        // with our own secret, which the provider knows, and everybody who learns it
        ("algorithm", |_, claims| {
            let signed = format!("{}.{}", encode(&json!({"alg": "HS256"})), encode(claims));
            let signature = CoreHmacKey::new(SECRET).sign(&CoreJwsSigningAlgorithm::HmacSha256, signed.as_bytes()).unwrap();
            format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
        }),
        ("key", |_, claims| token(&json!({"alg": "EdDSA", "kid": "first"}), claims, &key("first"))),
        ("key", |fake, claims| token(&json!({"alg": "EdDSA", "kid": "unheard-of"}), claims, &fake.key)),
        ("key", |fake, claims| token(&json!({"alg": "RS256", "kid": "first"}), claims, &fake.key)),
        ("key", |fake, claims| {
            let good = token(&json!({"alg": "EdDSA", "kid": "first"}), claims, &fake.key);
            let (start, signature) = good.rsplit_once('.').unwrap();
            let mut changed = claims.clone();
            changed["sub"] = json!("the-administrator");
            format!("{}.{}.{signature}", start.split('.').next().unwrap(), encode(&changed))
        }),
    ];
    for (part, forge) in forgeries {
        let fake = Fake::start().await;
        fake.publish(&fake.key).await;
        let error =
            failure(&fake, async |fake: &Fake, pending: &PendingSignOn| fake.gives(&forge(fake, &fake.claims(pending))).await).await;
        assert!(error.kind == DriverErrorKind::Server && error.message.contains(part), "{part}: {:?} {error}", error.kind);
    }
}

#[tokio::test]
async fn keys_are_remembered_and_asked_for_again_when_one_is_unknown_or_an_hour_has_passed() {
    let fake = Fake::start().await;
    let (provider, clock) = fake.provider();
    let second = key("second");
    fake.publish(&second).await;
    fake.publish(&second).await;
    let pending = provider.begin(REDIRECT).await.unwrap();
    fake.gives_claims(&fake.claims(&pending)).await;
    for _ in 0..2 {
        assert!(matches!(provider.finish(&pending, CODE).await.unwrap(), SignedOn::User(_)));
    }
    assert_eq!(fake.asked("/keys").await.len(), 1);
    // the provider signs with a new key
    let renewed = token(&json!({"alg": "EdDSA", "kid": "second"}), &fake.claims(&pending), &second);
    let answer = ok(&json!({"access_token": ACCESS, "token_type": "Bearer", "id_token": renewed}));
    Mock::given(path("/token")).respond_with(answer).with_priority(1).mount(&fake.server).await;
    for _ in 0..2 {
        assert!(matches!(provider.finish(&pending, CODE).await.unwrap(), SignedOn::User(_)));
    }
    assert_eq!(fake.asked("/keys").await.len(), 2);
    clock.step(Duration::from_secs(3600));
    provider.begin(REDIRECT).await.unwrap();
    assert_eq!(fake.asked("/keys").await.len(), 3);
}

#[tokio::test]
async fn a_code_that_is_not_accepted_is_refused_and_is_nobodys_fault() {
    let fake = Fake::start().await;
    let (provider, _) = fake.provider();
    let pending = provider.begin(REDIRECT).await.unwrap();
    assert_eq!(provider.finish(&pending, "").await.unwrap(), SignedOn::Refused);
    assert!(fake.asked("/token").await.is_empty());
    fake.answers("/token", ResponseTemplate::new(400).set_body_json(json!({"error": "invalid_grant", "error_description": CODE}))).await;
    assert_eq!(provider.finish(&pending, CODE).await.unwrap(), SignedOn::Refused);
}

#[tokio::test]
async fn a_refused_exchange_keeps_its_meaning() {
    use DriverErrorKind::{Invalid, Server, Throttled, Timeout, Unauthorized};
    let said = |status, error: &str| ResponseTemplate::new(status).set_body_json(json!({"error": error, "error_description": SECRET}));
    let repeats = |status| ResponseTemplate::new(status).set_body_string(format!("{SECRET} {CODE} {ACCESS}"));
    let huge = ResponseTemplate::new(200).set_body_json(json!({"access_token": "a".repeat(2 << 20), "token_type": "Bearer"}));
    for (answer, kind, part) in [
        (said(401, "invalid_client"), Unauthorized, "client_secret"),
        (said(400, "unauthorized_client"), Unauthorized, "client_secret"),
        (said(400, "invalid_scope"), Invalid, "invalid_scope"),
        (said(400, SECRET), Server, "reason of its own"),
        (repeats(500), Server, "answered 500"),
        (repeats(429).insert_header("retry-after", "7"), Throttled, "answered 429"),
        (repeats(302).insert_header("location", "http://127.0.0.1:1/"), Server, "answered 302"),
        (repeats(200), Server, "like an OpenID provider"),
        (repeats(404), Server, "like an OpenID provider"),
        (ok(&json!({"access_token": ACCESS, "token_type": "Bearer"})), Server, "no ID token"),
        (ok(&json!({"access_token": ACCESS, "token_type": "Bearer", "id_token": "a.b.c"})), Server, "like an OpenID provider"),
        (huge, Server, "larger"),
        (ok(&json!({})).set_delay(LIMIT * 10), Timeout, "within"),
    ] {
        let fake = Fake::start().await;
        let error = failure(&fake, async |fake: &Fake, _: &PendingSignOn| fake.answers("/token", answer).await).await;
        assert!(error.kind == kind && error.message.contains(part), "{part}: {:?} {error}", error.kind);
        assert_eq!(error.retry_after, (kind == Throttled).then_some(Duration::from_secs(7)));
    }
}

#[tokio::test]
async fn an_access_token_that_fits_no_header_is_refused_and_nothing_panics() {
    for bad in ["two\r\nlines: x", "", "with space", "Ω"] {
        let fake = Fake::start().await;
        let error = failure(&fake, async |fake: &Fake, pending: &PendingSignOn| {
            let mut claims = fake.claims(pending);
            claims.as_object_mut().unwrap().remove("groups");
            let id_token = token(&json!({"alg": "EdDSA", "kid": "first"}), &claims, &fake.key);
            fake.answers("/token", ok(&json!({"access_token": bad, "token_type": "Bearer", "id_token": id_token}))).await;
        })
        .await;
        assert!(error.kind == DriverErrorKind::Server && error.message.contains("access token"), "{error}");
        assert!(fake.asked("/me").await.is_empty());
    }
}

#[tokio::test]
async fn a_provider_that_cannot_describe_itself_keeps_its_meaning() {
    use DriverErrorKind::{Invalid, Server, Throttled, Timeout};
    let elsewhere = MockServer::start().await;
    let away = ResponseTemplate::new(301).insert_header("location", format!("{}/.well-known/openid-configuration", elsewhere.uri()));
    let text = |status| ResponseTemplate::new(status).set_body_string("<html>");
    let huge = ResponseTemplate::new(200).set_body_string("x".repeat(2 << 20));
    for (answer, kind, part) in [
        (text(404), Invalid, "issuer"),
        (ok(&metadata("https://elsewhere.example")), Invalid, "issuer"),
        (text(200), Server, "describe itself"),
        (text(503), Server, "503"),
        (text(429), Throttled, "429"),
        (away, Server, "301"),
        (huge, Server, "larger"),
        (text(200).set_delay(LIMIT * 10), Timeout, "within"),
    ] {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(answer).mount(&server).await;
        let fake = Fake { server, key: key("first") };
        let (provider, _) = fake.provider();
        for error in [provider.check().await.unwrap_err(), provider.begin(REDIRECT).await.unwrap_err()] {
            let error = tidy(error);
            assert!(error.kind == kind && error.message.contains(part), "{part}: {:?} {error}", error.kind);
        }
    }
    assert!(elsewhere.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn one_that_is_down_or_has_no_name_cannot_be_reached() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    // a label of 70 letters: no resolver asks anybody for it
    for issuer in [format!("http://{address}"), format!("https://{}.invalid", "k".repeat(70))] {
        let (provider, _) = provider(Settings { name: "company".into(), issuer, client_id: "tenantry".into(), ..Settings::default() });
        let error = tidy(provider.check().await.unwrap_err());
        assert_eq!(error.kind, DriverErrorKind::Unreachable, "{error}");
    }
}

#[tokio::test]
async fn addresses_that_the_provider_names_pass_the_guard_too() {
    for (field, address) in [("jwks_uri", "http://169.254.169.254/keys"), ("token_endpoint", "http://[::ffff:169.254.169.254]/token")] {
        let fake = Fake::start().await;
        let mut description = metadata(&fake.issuer());
        description[field] = json!(address);
        Mock::given(path("/.well-known/openid-configuration")).respond_with(ok(&description)).with_priority(1).mount(&fake.server).await;
        let (provider, _) = fake.provider();
        let error = match provider.begin(REDIRECT).await {
            Ok(pending) => provider.finish(&pending, CODE).await.unwrap_err(),
            Err(error) => error,
        };
        let error = tidy(error);
        assert!(error.kind == DriverErrorKind::Invalid && error.message.contains("outgoing.allow"), "{field} {error}");
    }
}

#[test]
fn settings_that_cannot_be_used_are_named() {
    let good = Settings {
        name: "company".into(),
        issuer: "https://login.example.net".into(),
        client_id: "tenantry".into(),
        ..Settings::default()
    };
    let guard = Guard::new::<&str>(&[]).unwrap();
    let clock = Arc::new(Stepped::at(0));
    let open = |settings| OpenId::new(settings, &guard, Arc::clone(&clock) as _);
    assert!(open(good.clone()).is_ok());
    for (settings, part) in [
        (Settings { issuer: "login.example.net".into(), ..good.clone() }, "issuer"),
        (Settings { issuer: "ldap://login.example.net".into(), ..good.clone() }, "issuer"),
        (Settings { issuer: "https://me:our-client-secret@login.example.net".into(), ..good.clone() }, "issuer"),
        (Settings { issuer: "https://login.example.net/?realm=a".into(), ..good.clone() }, "issuer"),
        (Settings { client_id: String::new(), ..good.clone() }, "client_id"),
        (Settings { ca_pem: Some("nonsense".into()), ..good }, "PEM"),
    ] {
        let error = open(settings).unwrap_err();
        assert!(error.kind == DriverErrorKind::Invalid && error.message.contains(part), "{error}");
        assert!(error.message.contains("'company'") && !error.message.contains(SECRET), "{error}");
    }
}

#[tokio::test]
async fn who_waits_for_a_dead_provider_waits_no_longer_than_the_one_before() {
    let fake = Fake { server: MockServer::start().await, key: key("first") };
    let at = "/.well-known/openid-configuration";
    fake.answers(at, ResponseTemplate::new(503)).await;
    let (provider, _) = fake.provider();
    let all = futures::future::join_all((0..8).map(|_| provider.begin(REDIRECT))).await;
    assert!(all.into_iter().all(|begun| begun.unwrap_err().kind == DriverErrorKind::Server));
    let asked = fake.asked(at).await.len();
    assert!(asked <= 2, "{asked}");
    // the next one asks again
    provider.begin(REDIRECT).await.unwrap_err();
    assert_eq!(fake.asked(at).await.len(), asked + 1);
}
