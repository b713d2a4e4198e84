//! The binary's keys for secrets: rotated between two runs of a server, while servers run, after a crash, and wrong ones refused; and
//! its audit verified on the database.

#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

#[expect(dead_code, reason = "a harness that another test shares")]
#[path = "common/process.rs"]
mod process;

use std::path::Path;
use std::process::Command;

use process::tenantry;
use serde_json::{Value, json};
use tempfile::TempDir;
use tenantry_testkit::TestDatabase;

/// Runs a command to its end: whether it succeeded, and what it wrote.
fn run(arguments: &[&str], folder: &Path, settings: &[(&str, &str)]) -> (bool, String) {
    let ended = tenantry().args(arguments).arg("--data-dir").arg(folder).envs(settings.iter().copied()).output().unwrap();
    (ended.status.success(), String::from_utf8_lossy(&ended.stdout).into_owned() + &String::from_utf8_lossy(&ended.stderr))
}

/// A server in a process of its own, and its administrator's way of asking.
struct Process {
    process: process::Process,
    token: String,
}

impl Process {
    async fn start(folder: &Path, settings: &[(&str, &str)]) -> Self {
        let process = process::Process::start(folder, settings).await;
        let token = process.login().await;
        Self { process, token }
    }

    async fn send(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        self.process.send(method, path, &self.token, &[], body).await.unwrap()
    }

    /// A datacenter, whose connection is a secret.
    async fn connect(&self, name: &str) {
        let (status, answer) = self.send("POST", "/api/v2/datacenters", json!({"name": name, "kind": "sandbox"})).await;
        assert_eq!(status, 201, "{answer}");
    }

    /// Whether the secrets of all datacenters can be read: each is connected to.
    async fn reads_its_secrets(&self, datacenters: usize) -> bool {
        let (_, listed) = self.send("GET", "/api/v2/datacenters", Value::Null).await;
        let listed = listed["items"].as_array().unwrap();
        assert_eq!(listed.len(), datacenters);
        for datacenter in listed {
            let (status, checked) = self.send("POST", &format!("/api/v2/datacenters/{}/check", datacenter["id"]), json!({})).await;
            if status != 200 || checked["health"]["healthy"] != true {
                return false;
            }
        }
        true
    }

    fn stop(mut self) {
        assert!(Command::new("kill").args(["-TERM", &self.process.child.id().to_string()]).status().unwrap().success());
        assert!(self.process.child.wait().unwrap().success());
    }
}

fn keys(folder: &Path) -> Vec<String> {
    std::fs::read_to_string(folder.join("secret.key")).unwrap().lines().map(str::to_owned).collect()
}

/// A key of the test's own.
fn hex(byte: &str) -> String {
    byte.repeat(32)
}

#[tokio::test(flavor = "multi_thread")]
async fn on_the_embedded_database_a_key_is_rotated_while_no_server_runs() {
    let folder = TempDir::new().unwrap();
    let server = Process::start(folder.path(), &[]).await;
    server.connect("east").await;
    let (done, told) = run(&["keys", "rotate"], folder.path(), &[]);
    assert!(!done && told.contains("another server works in"), "{told}");
    assert_eq!(keys(folder.path()).len(), 1, "nothing was changed");
    server.stop();
    let before = keys(folder.path());
    let (done, told) = run(&["keys", "rotate"], folder.path(), &[]);
    assert!(done && told.contains("2 secrets were sealed anew"), "{told}");
    let after = keys(folder.path());
    assert!(after.len() == 1 && after != before && !told.contains(&after[0]) && !told.contains(&before[0]), "{told}");
    assert!(Process::start(folder.path(), &[]).await.reads_its_secrets(2).await);
    let (_, listed) = run(&["keys", "list"], folder.path(), &[]);
    assert!(listed.lines().count() == 1 && listed.contains("active") && listed.contains("secrets: 2"), "{listed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_that_broke_off_is_gone_on_with_and_a_server_runs_at_every_stage_of_it() {
    let folder = TempDir::new().unwrap();
    let server = Process::start(folder.path(), &[]).await;
    server.connect("east").await;
    server.stop();
    let (old, new) = (keys(folder.path())[0].clone(), hex("ab"));
    let write = |lines: &[&String]| {
        let text: String = lines.iter().map(|l| format!("{l}\n")).collect();
        std::fs::write(folder.path().join("secret.key"), text).unwrap();
    };
    // stopped after the file was written, before the database knew
    write(&[&new, &old]);
    let server = Process::start(folder.path(), &[]).await;
    assert!(server.reads_its_secrets(2).await);
    server.connect("west").await;
    server.stop();
    let (done, told) = run(&["keys", "rotate"], folder.path(), &[]);
    assert!(done && told.contains("3 secrets were sealed anew"), "{told}");
    assert_eq!(keys(folder.path()), std::slice::from_ref(&new), "no third key was made");
    // stopped at the end, before the file was written again
    write(&[&new, &old]);
    let server = Process::start(folder.path(), &[]).await;
    assert!(server.reads_its_secrets(3).await);
    server.stop();
    let (done, told) = run(&["keys", "rotate"], folder.path(), &[]);
    assert!(done && told.contains("0 secrets were sealed anew"), "{told}");
    assert_eq!(keys(folder.path()), std::slice::from_ref(&new));
    assert!(Process::start(folder.path(), &[]).await.reads_its_secrets(3).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_with_a_wrong_key_is_refused_before_anything_is_served() {
    let folder = TempDir::new().unwrap();
    // an empty database takes the key that it is made with
    let (done, told) = run(&["migrate"], folder.path(), &[]);
    assert!(done, "{told}");
    let wrong = folder.path().join("wrong.key");
    std::fs::write(&wrong, hex("cd")).unwrap();
    let settings = [("TENANTRY_DATABASE__KEY_FILE", wrong.to_str().unwrap())];
    for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["migrate"], &["doctor"], &["keys", "rotate"]] {
        let (done, told) = run(command, folder.path(), &settings);
        assert!(
            !done && told.contains("the key for secrets is not this database's") && told.contains("database.key_file"),
            "{command:?}: {told}"
        );
        assert!(!told.contains("listens on") && !told.contains(&hex("cd")), "{command:?}: {told}");
    }
    let (done, told) = run(&["doctor"], folder.path(), &[]);
    assert!(done && told.contains("the key for secrets is the database's"), "{told}");
    let (done, told) = run(&["doctor"], folder.path(), &[("TENANTRY_SECRET_KEY", "not-a-key")]);
    assert!(!done && told.contains("TENANTRY_SECRET_KEY must hold 64 hex digits"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_in_the_environment_is_rotated_by_naming_two() {
    let folder = TempDir::new().unwrap();
    let (old, both, new) = (hex("ab"), format!("{},{}", hex("cd"), hex("ab")), hex("cd"));
    let server = Process::start(folder.path(), &[("TENANTRY_SECRET_KEY", &old)]).await;
    server.connect("east").await;
    server.stop();
    assert!(!folder.path().join("secret.key").exists(), "no file is made");
    let (done, told) = run(&["keys", "rotate"], folder.path(), &[("TENANTRY_SECRET_KEY", &old)]);
    assert!(!done && told.contains("'<new key>,<present key>'"), "{told}");
    let (done, told) = run(&["keys", "rotate"], folder.path(), &[("TENANTRY_SECRET_KEY", &both)]);
    assert!(done && !told.contains(&new) && !told.contains(&old), "{told}");
    assert!(Process::start(folder.path(), &[("TENANTRY_SECRET_KEY", &new)]).await.reads_its_secrets(2).await);
    let (done, told) = run(&["doctor"], folder.path(), &[("TENANTRY_SECRET_KEY", &old)]);
    assert!(!done && told.contains("is not this database's"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_share_the_key_file_go_on_while_it_is_rotated() {
    let Some(database) = TestDatabase::postgres_empty().await else { return };
    let (folder, elsewhere) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let file = folder.path().join("secret.key");
    let settings = [("TENANTRY_DATABASE__URL", database.as_str()), ("TENANTRY_DATABASE__KEY_FILE", file.to_str().unwrap())];
    assert!(run(&["migrate"], folder.path(), &settings).0);
    let (one, two) = (Process::start(folder.path(), &settings).await, Process::start(elsewhere.path(), &settings).await);
    one.connect("east").await;
    two.connect("west").await;
    let before = keys(folder.path());
    let (done, told) = run(&["keys", "rotate"], folder.path(), &settings);
    assert!(done && told.contains("2 secrets were sealed anew"), "{told}");
    assert!(keys(folder.path()).len() == 1 && keys(folder.path()) != before);
    for server in [&one, &two] {
        assert!(server.reads_its_secrets(2).await);
    }
    one.connect("north").await;
    assert!(two.reads_its_secrets(3).await);
    assert!(Process::start(folder.path(), &settings).await.reads_its_secrets(3).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_is_refused_while_a_server_runs_that_cannot_know_the_new_key() {
    let Some(database) = TestDatabase::postgres_empty().await else { return };
    let (folder, elsewhere) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let url = ("TENANTRY_DATABASE__URL", database.as_str());
    assert!(run(&["migrate"], folder.path(), &[url]).0);
    // the other server has a copy of its own
    std::fs::copy(folder.path().join("secret.key"), elsewhere.path().join("secret.key")).unwrap();
    let server = Process::start(elsewhere.path(), &[url]).await;
    server.connect("east").await;
    let (done, told) = run(&["keys", "rotate"], folder.path(), &[url]);
    assert!(!done && told.contains(&server.process.address.to_string()) && told.contains("run 'tenantry keys rotate' again"), "{told}");
    assert!(server.reads_its_secrets(1).await);
    assert_eq!(keys(folder.path()).len(), 2, "both stay");
    // it gets the file as the message says, and the next run ends it
    std::fs::copy(folder.path().join("secret.key"), elsewhere.path().join("secret.key")).unwrap();
    let (done, told) = run(&["keys", "rotate"], folder.path(), &[url]);
    assert!(done, "{told}");
    assert_eq!(keys(folder.path()).len(), 1);
    assert!(server.reads_its_secrets(1).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_is_verified_on_the_database_with_and_without_a_server() {
    let folder = TempDir::new().unwrap();
    let server = Process::start(folder.path(), &[]).await;
    let wait = async |server: &Process| while server.send("GET", "/api/v2/audit/verification", Value::Null).await.1["unsealed"] != 0 {};
    wait(&server).await;
    let (done, told) = run(&["audit", "verify"], folder.path(), &[]);
    assert!(done && told.contains("the audit is what was sealed"), "{told}");
    let noted = told.split("noted as ").nth(1).unwrap().lines().next().unwrap().to_owned();
    server.connect("east").await;
    wait(&server).await;
    let asked = tenantry()
        .args(["audit", "verify", "--server", &server.process.url(""), "--noted", &noted])
        .env("TENANTRY_TOKEN", &server.token)
        .output()
        .unwrap();
    assert!(asked.status.success() && String::from_utf8_lossy(&asked.stdout).contains("intact"), "{asked:?}");
    server.stop();
    let (done, told) = run(&["audit", "verify", "--noted", &noted], folder.path(), &[]);
    assert!(done, "{told}");
    let url = format!("sqlite://{}", folder.path().join("tenantry.db").display());
    TestDatabase::tamper_at(&url, "UPDATE audit SET outcome = 'refused' WHERE seq = 2").await;
    let (done, told) = run(&["audit", "verify"], folder.path(), &[]);
    assert!(!done && told.contains("record 2 (id 2) was changed"), "{told}");
}
