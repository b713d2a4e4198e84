//! `tenantry serve`: everything put together, started, and stopped in order.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::IntoResponse;
use axum::routing::get;
use http::StatusCode;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tenantry_controllers::Platforms;
use tenantry_domain::Clock;
use tenantry_engine::{Engine, Housekeeping, housekeeping};
use tenantry_http::proxy::Proxies;
use tenantry_http::{Api, observe};
use tenantry_service::{Peers, People, Services};
use tenantry_store::{Options, Store, Vault};
use tokio_util::sync::CancellationToken;
use tower::Layer as _;
use tower_http::normalize_path::{NormalizePath, NormalizePathLayer};

use crate::config::HttpStatus;
use crate::key::Source;
use crate::{Config, PeerHub, SystemClock, directories, docs, first_start, keys, mail, outgoing, providers, reset};

/// Opens the database that the configuration names, and the key for its secrets.
///
/// # Errors
/// That say which file or address is wrong.
pub async fn open_store(config: &Config) -> anyhow::Result<Store> {
    let folder = &config.server.data_dir;
    std::fs::create_dir_all(folder).with_context(|| format!("the data folder {} cannot be made", folder.display()))?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let vault = Vault::of(&Source::of(config).load(&*clock)?);
    let options = match &config.database.url {
        Some(url) => Options { url: url.clone(), connections: config.database.connections, durable: true },
        None => Options { connections: config.database.connections, ..Options::embedded(folder) },
    };
    Store::connect(&options, clock, vault).await.context("the database cannot be reached: check database.url")
}

/// The application: every route, and what works behind it.
pub struct Application {
    /// The routes, with the slash at the end of a path trimmed.
    pub routes: NormalizePath<Router>,
    engine: Engine,
    housekeeping: Housekeeping,
    store: Store,
    keys: Source,
    name: String,
    services: Services,
}

/// Puts the application together on an open store, and does what the first start does.
///
/// # Errors
/// When the schema is not up to date, the key is not the database's, or the configuration is wrong.
pub async fn assemble(config: &Config, store: Store, metrics: Option<PrometheusHandle>) -> anyhow::Result<Application> {
    let password = std::env::var("TENANTRY_ADMIN_PASSWORD").ok().filter(|p| !p.is_empty());
    assemble_with(config, store, metrics, password.as_deref()).await
}

/// The same with the password of the first administrator; without one it is made up and printed.
///
/// # Errors
/// As [`assemble`].
pub async fn assemble_with(
    config: &Config,
    store: Store,
    metrics: Option<PrometheusHandle>,
    password: Option<&str>,
) -> anyhow::Result<Application> {
    let embedded = config.database.url.is_none();
    if embedded {
        store.migrate().await?;
    } else if !store.is_migrated().await? {
        anyhow::bail!("the database's schema is not up to date: run 'tenantry migrate' first");
    }
    store.keys().check().await?;
    // which server this is, for people
    let name = format!("{} ({})", config.server.listen, SystemClock.uid());
    if !embedded {
        store.keys().hold(&name).await?;
    }
    let faults = Arc::new(config.faults());
    let guard = outgoing::guard(&config.outgoing)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let people = People {
        directories: directories::all(&config.directory, &guard)?,
        providers: providers::all(&config.oidc, config.public_url()?.as_deref(), &guard, &clock)?,
    };
    if let Some(both) = people.providers.iter().find(|p| people.directories.iter().any(|d| d.origin.name == p.origin.name)) {
        anyhow::bail!("oidc.name: a directory is called '{}' too: their people would be taken for one another", both.origin.name);
    }
    let mailer = mail::of(config, &guard)?;
    let hub = Arc::new(PeerHub::new(store.clone(), config.server.data_dir.join("sandbox"), faults, guard));
    let peers: Arc<dyn Peers> = Arc::clone(&hub) as Arc<dyn Peers>;
    let platforms: Arc<dyn Platforms> = hub;
    let services = Services::with_people(store.clone(), config.service(), peers, people);
    first_start::run(&services, &SystemClock, password, embedded && config.sandbox.create).await?;
    let mut controllers = tenantry_controllers::all(&store, &platforms);
    controllers.extend(mailer.map(|mailer| tenantry_controllers::mails(store.clone(), mailer)));
    let engine = Engine::new(store.clone(), controllers, config.engine());
    Ok(Application {
        routes: routes(config, api(config, &services)?, metrics),
        engine,
        housekeeping: config.housekeeping(),
        store,
        services,
        keys: Source::of(config),
        name,
    })
}

fn api(config: &Config, services: &Services) -> anyhow::Result<Api> {
    let proxies = Proxies::new(&config.server.trusted_proxies).map_err(|e| anyhow::anyhow!("server.trusted_proxies: {e}"))?;
    let secure_cookies = config.server.tls_certificate.is_some() || config.public_url()?.is_some_and(|url| url.starts_with("https:"));
    let time_limit = Duration::from_secs(config.server.request_timeout_s.max(1));
    Ok(Api { proxies, secure_cookies, ..Api::new(services.clone()).within(time_limit) })
}

/// Writes down every few seconds which sessions were used.
async fn note_use(services: Services, stop: CancellationToken) {
    let mut often = tokio::time::interval(Duration::from_secs(5));
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = often.tick() => {}
        }
        if let Err(error) = tenantry_service::auth::note_use(&services).await {
            tracing::warn!(?error, "the use of sessions could not be written down; it is tried again");
        }
    }
}

/// Writes and books what was used in hours that are over, and stops what has no money left where that is wanted.
async fn meter(services: Services, stop: CancellationToken) {
    let mut turn = tokio::time::interval(Duration::from_secs(30));
    turn.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = turn.tick() => {}
        }
        if let Err(error) = tenantry_service::usage::turn(&services).await {
            tracing::warn!(?error, "what was used could not be written down; it is tried again");
        }
    }
}

fn routes(config: &Config, api: Api, metrics: Option<PrometheusHandle>) -> NormalizePath<Router> {
    let legacy_status = config.dialects.container_cloud.http_status == HttpStatus::Legacy;
    let (container_cloud, container_cloud_api) =
        tenantry_dialect_container_cloud::router(api.clone(), tenantry_dialect_container_cloud::Options { legacy_status });
    let legacy_status = config.dialects.openstack_portal.http_status == HttpStatus::Legacy;
    let (openstack_portal, openstack_portal_api) =
        tenantry_dialect_openstack_portal::router(api.clone(), tenantry_dialect_openstack_portal::Options { legacy_status });
    let legacy_status = config.dialects.ocmanager.http_status == HttpStatus::Legacy;
    let (ocmanager, ocmanager_api) = tenantry_dialect_ocmanager::router(api.clone(), tenantry_dialect_ocmanager::Options { legacy_status });
    let legacy_status = config.dialects.cluster_manager.http_status == HttpStatus::Legacy;
    let (cluster_manager, cluster_manager_api) =
        tenantry_dialect_cluster_manager::router(api.clone(), tenantry_dialect_cluster_manager::Options { legacy_status });
    let (native, native_api) = tenantry_dialect_native::router(api.clone());
    let dialects = vec![
        ("container-cloud", container_cloud_api),
        ("openstack-portal", openstack_portal_api),
        ("ocmanager", ocmanager_api),
        ("cluster-manager", cluster_manager_api),
    ];
    let timed = Router::new()
        .merge(container_cloud)
        .merge(openstack_portal)
        .merge(ocmanager)
        .merge(cluster_manager)
        .merge(native)
        .layer(DefaultBodyLimit::max(config.server.body_limit_bytes));
    let services = api.services.clone();
    let router = Router::new()
        .merge(timed)
        .merge(docs::router(native_api, dialects))
        .merge(reset::router())
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(move || ready(services.clone())))
        .route("/metrics", get(move || exposition(metrics.clone())))
        .layer(axum::middleware::from_fn_with_state(api, observe::observe));
    NormalizePathLayer::trim_trailing_slash().layer(router)
}

async fn ready(services: Services) -> impl IntoResponse {
    match services.ready().await {
        Ok(()) => (StatusCode::OK, "ready"),
        Err(error) => {
            tracing::warn!(?error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer")
        }
    }
}

async fn exposition(metrics: Option<PrometheusHandle>) -> String {
    metrics.map_or_else(String::new, |m| m.render())
}

impl Application {
    /// Starts the reconciler and the housekeeping; they stop with the token.
    pub fn start_work(&self, stop: &CancellationToken) -> tokio::task::JoinHandle<()> {
        let (engine, store, services, stop) = (self.engine.clone(), self.store.clone(), self.services.clone(), stop.clone());
        let (settings, source, name) = (self.housekeeping.clone(), self.keys.clone(), self.name.clone());
        tokio::spawn(async move {
            // nobody else works on an embedded database: whoever held a lease is dead
            if !store.is_shared()
                && let Err(error) = store.work().release_all().await
            {
                tracing::warn!(?error, "old leases could not be released; they expire");
            }
            let watch = keys::watch(store.clone(), source, name, stop.clone());
            tokio::join!(
                engine.run(stop.clone()),
                housekeeping(store, settings, stop.clone()),
                watch,
                note_use(services.clone(), stop.clone()),
                meter(services, stop)
            );
        })
    }
}

/// Collects metrics for `/metrics`. Once for each process.
///
/// # Errors
/// When it was done before.
pub fn collect_metrics() -> anyhow::Result<PrometheusHandle> {
    let seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
    Ok(PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &seconds)?.install_recorder()?)
}

/// Serves until the process is told to stop (SIGINT, SIGTERM); then takes no more requests, ends those under way and the steps of the reconciler.
///
/// # Errors
/// When the address is taken, the certificate cannot be read, or the database cannot be opened.
pub async fn serve(config: &Config) -> anyhow::Result<()> {
    let handle = collect_metrics()?;
    let _alone = alone_in_time(config).await?;
    // before the first start, which tells the administrator's password once
    let listen = config.server.listen;
    let listener = std::net::TcpListener::bind(listen).with_context(|| format!("cannot listen on {listen}"))?;
    listener.set_nonblocking(true)?;
    let store = open_store(config).await?;
    let application = assemble(config, store, Some(handle)).await?;
    let stop = CancellationToken::new();
    let server = axum_server::Handle::new();
    let work = application.start_work(&stop);
    let patience = Duration::from_secs(config.server.shutdown_s);
    tokio::spawn(stop_on_signal(stop.clone(), server.clone(), patience));
    let make = axum::ServiceExt::<axum::extract::Request>::into_make_service_with_connect_info::<SocketAddr>(application.routes.clone());
    let certificate = config.server.tls_certificate.as_ref().zip(config.server.tls_key.as_ref());
    let scheme = if certificate.is_some() { "https" } else { "http" };
    tracing::info!("Tenantry listens on {scheme}://{}", listener.local_addr()?);
    match certificate {
        Some((certificate, key)) => {
            let tls = axum_server::tls_rustls::RustlsConfig::from_pem_file(certificate, key)
                .await
                .with_context(|| format!("cannot use the certificate {} with its key", certificate.display()))?;
            axum_server::from_tcp_rustls(listener, tls)?.handle(server).serve(make).await?;
        }
        None => axum_server::from_tcp(listener)?.handle(server).serve(make).await?,
    }
    stop.cancel();
    if tokio::time::timeout(patience, work).await.is_err() {
        tracing::warn!("steps were still under way; their leases expire and they are done again");
    }
    Ok(())
}

/// How often it is looked whether the data folder is free.
const LOOK: Duration = Duration::from_millis(100);

/// On the embedded database a server is alone: it remembers what nobody else can have changed.
pub(crate) fn alone(config: &Config) -> anyhow::Result<Option<std::fs::File>> {
    if config.database.url.is_some() {
        return Ok(None);
    }
    let folder = &config.server.data_dir;
    std::fs::create_dir_all(folder).with_context(|| format!("the data folder {} cannot be made", folder.display()))?;
    let file = std::fs::File::create(folder.join("lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(std::fs::TryLockError::WouldBlock) => Err(Taken(folder.clone()).into()),
        Err(std::fs::TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("the file 'lock' in the data folder {} cannot be locked", folder.display()))
        }
    }
}

/// Another server works in the data folder.
#[derive(Debug)]
struct Taken(std::path::PathBuf);

impl std::fmt::Display for Taken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "another server works in {}: stop it first, or use PostgreSQL (database.url) for several", self.0.display())
    }
}

impl std::error::Error for Taken {}

/// The same, after a while if need be: a server that was killed a moment ago is not gone at once.
async fn alone_in_time(config: &Config) -> anyhow::Result<Option<std::fs::File>> {
    let (begun, patience) = (std::time::Instant::now(), Duration::from_secs(config.server.takeover_s));
    let mut told = false;
    loop {
        match alone(config) {
            Err(error) if error.is::<Taken>() && begun.elapsed() < patience => {
                if !told {
                    let folder = config.server.data_dir.display();
                    tracing::warn!("another server works in {folder}; it is waited for, {} s at the most", patience.as_secs());
                    told = true;
                }
                tokio::time::sleep(LOOK).await;
            }
            other => return other,
        }
    }
}

async fn stop_on_signal(stop: CancellationToken, server: axum_server::Handle<SocketAddr>, patience: Duration) {
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => signal.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated => {}
    }
    tracing::info!("stopping");
    stop.cancel();
    server.graceful_shutdown(Some(patience));
}
