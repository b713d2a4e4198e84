//! The one binary.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory as _, Parser, Subcommand};
use tenantry_cli::Terminal;
use tenantry_server::{Config, keys, mail, outgoing, serve, verify};
use tracing_subscriber::EnvFilter;

#[derive(Parser)]
#[command(name = "tenantry", version, about = "A multi-tenant cloud control plane")]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    global: tenantry_cli::Global,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server.
    Serve(Serving),
    /// Bring the database's schema up to date.
    Migrate(Common),
    /// Check configuration, database, ledger and mail server, and say what is wrong.
    Doctor(Common),
    /// The keys for secrets at rest.
    #[command(subcommand)]
    Keys(Keys),
    /// What a person or a script asks of a server, over its native API.
    #[command(flatten)]
    Client(Box<tenantry_cli::Command>),
}

#[derive(Subcommand)]
enum Keys {
    /// Put a new key in the place of the one that secrets are sealed with, and seal all of them anew. A run that broke off is gone on with.
    Rotate(Common),
    /// List the keys that the database knows, by their ids, and how many secrets are sealed with each.
    List(Common),
}

#[derive(Args)]
struct Serving {
    /// Address and port to listen on.
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<SocketAddr>,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
struct Common {
    /// The folder for the embedded database, the sandbox and the key.
    #[arg(long)]
    data_dir: Option<PathBuf>,
    /// A PostgreSQL database instead of the embedded one.
    #[arg(long)]
    database_url: Option<String>,
    /// The configuration file.
    #[arg(long)]
    config: Option<PathBuf>,
}

impl Common {
    fn load(self) -> anyhow::Result<Config> {
        let mut config = Config::load(self.config.as_deref())?;
        config.server.data_dir = self.data_dir.unwrap_or(config.server.data_dir);
        config.database.url = self.database_url.or(config.database.url);
        Ok(config)
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    // every TLS connection, in and out, uses this provider
    let _ = rustls::crypto::ring::default_provider().install_default();
    match run(cli) {
        Ok(code) => code,
        Err(error) => {
            let told = told(&error);
            if tracing::dispatcher::has_been_set() {
                tracing::error!("{told}");
            } else {
                let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("tenantry: {told}\n").as_bytes());
            }
            ExitCode::FAILURE
        }
    }
}

/// The causes of an error, without the text that a failure of ours has for those who only send requests, and none twice.
fn told(error: &anyhow::Error) -> String {
    let speaks = |cause: &&(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<tenantry_domain::Error>().is_none_or(|e| e.kind != tenantry_domain::ErrorKind::Internal)
    };
    let mut causes: Vec<String> = error.chain().filter(speaks).map(ToString::to_string).collect();
    causes.dedup_by(|later, earlier| earlier.contains(later.as_str()));
    causes.join(": ")
}

/// What is done with the configuration.
type Work = Box<dyn FnOnce(Config) -> anyhow::Result<()>>;

fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let (listen, common, work): (_, Common, Work) = match cli.command {
        Command::Serve(serving) => {
            (serving.listen, serving.common, Box::new(|config| block_on(async move { serve::serve(&config).await })))
        }
        Command::Migrate(common) => (None, common, Box::new(|config| block_on(async move { migrate(&config).await }))),
        Command::Doctor(common) => (None, common, Box::new(|config| block_on(async move { doctor(&config).await }))),
        Command::Keys(Keys::Rotate(common)) => (None, common, Box::new(|config| block_on(async move { keys::rotate(&config).await }))),
        Command::Keys(Keys::List(common)) => (None, common, Box::new(|config| block_on(async move { keys::list(&config).await }))),
        Command::Client(command) => match on_database(&command) {
            Some((common, work)) => (None, common, work),
            None => {
                let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
                let exit = runtime.block_on(tenantry_cli::execute(cli.global, *command, Cli::command(), Terminal::of_process()));
                return Ok(exit.into());
            }
        },
    };
    let mut config = common.load()?;
    config.server.listen = listen.unwrap_or(config.server.listen);
    let filter = EnvFilter::try_new(&config.log.filter)?;
    // colours are for people
    let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours);
    if config.log.json {
        log.json().init();
    } else {
        log.init();
    }
    work(config).map(|()| ExitCode::SUCCESS)
}

/// `tenantry audit verify` with a database: the one command of the client that this program can carry out without a server.
fn on_database(command: &tenantry_cli::Command) -> Option<(Common, Work)> {
    let tenantry_cli::Command::Audit(audit) = command else { return None };
    let tenantry_cli::Verify { noted, data_dir, database_url, config } = audit.on_database()?.clone();
    let work: Work = Box::new(move |config| block_on(async move { verify::audit(&config, noted.as_deref()).await }));
    Some((Common { data_dir, database_url, config }, work))
}

fn block_on(future: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(future)
}

async fn migrate(config: &Config) -> anyhow::Result<()> {
    serve::open_store(config).await?.migrate().await?;
    tracing::info!("the schema is up to date");
    Ok(())
}

async fn doctor(config: &Config) -> anyhow::Result<()> {
    let store = serve::open_store(config).await?;
    store.ping().await?;
    tracing::info!("the database answers");
    anyhow::ensure!(store.is_migrated().await?, "the schema is not up to date: run 'tenantry migrate'");
    tracing::info!("the schema is up to date");
    store.keys().check().await?;
    tracing::info!("the key for secrets is the database's");
    anyhow::ensure!(store.accounts().consistent().await?, "a balance is not the sum of its ledger lines: tell the developers");
    tracing::info!("the ledger adds up");
    let backlog = store.work().backlog().await?;
    tracing::info!("{} pieces of work are due, the oldest for {} s", backlog.due, backlog.lag.as_secs());
    match mail::of(config, &outgoing::guard(&config.outgoing)?)? {
        Some(mailer) => {
            mailer.check().await.map_err(|e| anyhow::anyhow!(e.message))?;
            tracing::info!("the mail server takes mail");
        }
        None => tracing::info!("no mail server is configured: passwords are set by administrators"),
    }
    Ok(())
}
