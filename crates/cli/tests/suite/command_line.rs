//! The shape of the command line: it holds together, completes, and fits beside the server's own commands.

use clap::{CommandFactory, Parser, Subcommand};

/// As the one binary has it.
#[derive(Parser)]
#[command(name = "tenantry")]
struct Whole {
    #[command(flatten)]
    global: tenantry_cli::Global,
    #[command(subcommand)]
    command: WholeCommand,
}

#[derive(Subcommand)]
enum WholeCommand {
    /// Run the server
    Serve {
        #[arg(long)]
        listen: String,
    },
    #[command(flatten)]
    Client(Box<tenantry_cli::Command>),
}

#[test]
fn the_command_line_holds_together() {
    tenantry_cli::command().debug_assert();
    Whole::command().debug_assert();
}

#[test]
fn every_argument_of_every_command_says_what_it_is() {
    fn walk(command: &clap::Command, path: &str, silent: &mut Vec<String>) {
        let path = format!("{path} {}", command.get_name());
        if command.get_about().is_none() {
            silent.push(path.clone());
        }
        silent.extend(command.get_arguments().filter(|a| a.get_help().is_none()).map(|a| format!("{path} {}", a.get_id())));
        command.get_subcommands().for_each(|sub| walk(sub, &path, silent));
    }
    let mut silent = Vec::new();
    walk(&tenantry_cli::command(), "", &mut silent);
    assert_eq!(silent, Vec::<String>::new());
}

#[test]
fn the_client_is_flattened_beside_the_server() {
    let parse = |line: &str| Whole::try_parse_from(line.split_whitespace());
    let served = parse("tenantry serve --listen 127.0.0.1:8080")
        .map(|w| matches!(w.command, WholeCommand::Serve { listen } if listen.ends_with("8080")));
    assert_eq!(served.ok(), Some(true));
    let listed = parse("tenantry tenants list --server http://localhost -o json").map(|w| {
        matches!(w.command, WholeCommand::Client(ref command) if matches!(**command, tenantry_cli::Command::Tenants(_)))
            && w.global.output == tenantry_cli::Format::Json
    });
    assert_eq!(listed.ok(), Some(true));
}

#[test]
fn what_contradicts_itself_is_refused() {
    let refused = |line: &str| tenantry_cli::command().try_get_matches_from(line.split_whitespace()).is_err();
    for line in [
        "tenantry tenants list --all --limit 5",
        "tenantry tenants list --limit 0",
        "tenantry tenants create",
        "tenantry tenants create dev --cpu 1",
        "tenantry tenants create dev --cpu NaN --memory 1",
        "tenantry tenants create dev --cpu none --memory 1",
        "tenantry tenants create dev --cpu 1 --memory 1 --balance 1.001",
        "tenantry tenants create dev --cpu 1 --memory 1 --if-version 1",
        "tenantry users create ann --if-version 1",
        "tenantry tenants update dev --cpu none",
        "tenantry quotas set dev dc1 --storage none",
        "tenantry disks create data --size 0",
        "tenantry datacenters create dc1",
        "tenantry datacenters create dc1 --sandbox a --kubeconfig f",
        "tenantry datacenters create dc1 --kubeconfig f --cluster-token t",
        "tenantry account set dev",
        "tenantry apps deploy web --disk data",
        "tenantry purchase dev small --count 0",
        "tenantry audit --from yesterday",
        "tenantry -o xml whoami",
        "tenantry login admin --code 123456",
        "tenantry password secret",
        "tenantry sessions end x",
        "tenantry tokens create",
        "tenantry tokens create ci --days many",
        "tenantry roles list --tenant dev --user ann",
        "tenantry roles grant ann",
        "tenantry second-factor confirm 123456",
        "tenantry tenants create dev --cpu 1 --memory 1 --administrator-email a@b",
        "tenantry tenants create dev --cpu 1 --memory 1 --password-stdin",
        "tenantry links create manual",
        "tenantry why create",
        "tenantry server create web --image debian",
        "tenantry server create web --image debian --flavor small --cpu 1 --memory 1",
        "tenantry server create web --image debian --cpu 1",
        "tenantry server create web --flavor small",
        "tenantry server change web",
        "tenantry server assign web",
        "tenantry server log web --lines 0",
        "tenantry network create inner",
        "tenantry network create inner --cidr 10.0.0.0/24 --pool 10.0.0.5",
        "tenantry floating-ip change 8",
        "tenantry floating-ip change 8 --server 9 --no-server",
        "tenantry security-group create ssh --rule ingress:tcp:ssh",
        "tenantry volume grow data",
        "tenantry volume create --snapshot a --image b",
        "tenantry adopt castle x",
        "tenantry quotas set dev dc1 --servers 1.5",
        "tenantry datacenters create dc1 --auth-url https://x",
        "tenantry datacenters create dc1 --auth-url https://x --cloud-user u --project p",
        "tenantry datacenters create dc1 --auth-url https://x --sandbox a",
        "tenantry datacenters create dc1 --auth-url https://x --application-credential a --application-credential-secret f --cloud-user u",
    ] {
        assert!(refused(line), "{line}");
    }
    for line in [
        "tenantry datacenters create dc1 --sandbox a --cpu 10",
        "tenantry datacenters create dc1 --endpoint https://x --cluster-token t",
        "tenantry datacenters update dc1 --cpu none",
        "tenantry tenants create dev --cpu 0.5 --memory 1",
        "tenantry account set dev --balance -5",
        "tenantry apps scale web --replicas 0 -t dev",
        "tenantry login admin --code",
        "tenantry tenants disable dev --if-version 3",
        "tenantry session list",
        "tenantry tokens create ci --role team.member --role tenant.admin -t dev --dialect native --days 30 --dry-run",
        "tenantry why create disk -t dev --user ann",
        "tenantry server get web -t dev",
        "tenantry servers create --image debian --cpu 1 --memory 0.5 --network a --network b",
        "tenantry volume resize data --size 20 --dry-run",
        "tenantry attachment list --server web",
        "tenantry router disconnect edge inner -y",
        "tenantry catalog images -t dev",
        "tenantry datacenters update dc1 --repair-drift false --networks none",
        "tenantry tenants create dev --cpu 1 --memory 1 --servers 5 --floating-ips none",
    ] {
        assert!(!refused(line), "{line}");
    }
}

#[tokio::test]
async fn completion_knows_the_commands() {
    for shell in ["bash", "zsh", "fish"] {
        let (out, written) = {
            let file = tempfile::NamedTempFile::new().ok();
            let copy = file.as_ref().and_then(|f| f.reopen().ok());
            (copy, file)
        };
        let (Some(out), Some(written)) = (out, written) else { panic!("no temporary file") };
        let terminal = tenantry_cli::Terminal { out: Box::new(out), env: Box::new(|_| None), ..tenantry_cli::Terminal::of_process() };
        assert_eq!(tenantry_cli::run_in(["tenantry", "completion", shell], terminal).await, tenantry_cli::Exit::Ok);
        let script = std::fs::read_to_string(written.path()).unwrap_or_default();
        assert!(
            ["quota-plans", "rollback", "second-factor", "recovery-codes", "end-all", "floating-ips", "unassign", "disconnect"]
                .iter()
                .all(|word| script.contains(word)),
            "{shell}"
        );
    }
}
