//! The main job on real Kubernetes API servers and on a real OpenStack, and people of a real directory and a real OpenID provider. `make test-peers` starts them.

#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

#[expect(dead_code, reason = "a harness that the tests of both dialects share")]
#[path = "../common/mod.rs"]
mod common;
#[expect(dead_code, reason = "a harness that another test shares")]
#[path = "../common/process.rs"]
mod process;

mod import;
mod openstack;
mod sign_on;

use common::Server;
use serde_json::{Value, json};

/// The kubeconfig that a variable names; none, said on standard error, when there is none.
fn kubeconfig(variable: &str) -> Option<String> {
    let Ok(path) = std::env::var(variable) else {
        let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("skipped: {variable} names no kubeconfig\n").as_bytes());
        return None;
    };
    Some(std::fs::read_to_string(path).unwrap())
}

async fn connect(server: &Server, name: &str, kubeconfig: &str) -> Value {
    let body = json!({"name": name, "kubeconfig": kubeconfig, "capacity": {"cpu": 16, "mem": 64, "storage": 1000}});
    server.post("/api/v1/datacenters", body).await.data()["id"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_is_opened_used_and_closed_on_two_clusters() {
    let (Some(east), Some(west)) = (kubeconfig("TENANTRY_TEST_KUBECONFIG"), kubeconfig("TENANTRY_TEST_KUBECONFIG_2")) else { return };
    let server = Server::start().await;
    let (east, west) = (connect(&server, "east", &east).await, connect(&server, "west", &west).await);
    let name = format!("main-job-{}", std::process::id());
    let body = json!({"name": name, "dcIdList": [east, west], "cpuQuota": 2, "memQuota": 4, "balance": 10});
    let made = server.post("/api/v1/organization/new", body).await.data();
    let states: Vec<_> = made["dataCenters"].as_array().unwrap().iter().map(|d| d["status"].clone()).collect();
    assert_eq!(states, ["ready", "ready"], "{made}");
    let org = format!("/api/v1/organizations/{}", made["orgId"].as_str().unwrap());
    let disk = server.post(&format!("{org}/rbds"), json!({"name": "data", "size": 1, "dcId": east})).await.data();
    assert_eq!(disk["status"], "ready", "{disk}");
    let release = json!({"name": "web", "image": "nginx:1", "dcId": east, "ports": [80], "disks": [{"disk": "data", "path": "/data"}]});
    let released = server.post(&format!("{org}/users/1/deployments"), release).await.data();
    assert_eq!(released["status"], "succeeded", "{released}");
    let scaled = json!({"name": "two", "image": "nginx:1", "replicas": 2, "dcId": west});
    assert_eq!(server.post(&format!("{org}/users/1/deployments"), scaled).await.data()["status"], "succeeded");
    let too_much = json!({"name": "three", "image": "nginx:1", "replicas": 30, "cpu": 1, "dcId": west});
    assert_eq!(server.post(&format!("{org}/users/1/deployments"), too_much).await.refusal(), (409, 1701));
    let grown = server.post("/api/v1/organization/update", json!({"orgName": name, "cpuQuota": 3})).await.data();
    assert_eq!(grown["dataCenters"][1]["resourceQuota"]["cpu"], 3);
    assert_eq!(server.get(&org).await.data()["cpuQuota"], 3);
    // the same name in a second Tenantry is a namespace that is not its own: it is left alone, and the row says so
    let other = Server::start().await;
    let again = connect(&other, "east", &kubeconfig("TENANTRY_TEST_KUBECONFIG").unwrap()).await;
    let foreign =
        other.post("/api/v1/organization/new", json!({"name": name, "dcIdList": [again], "cpuQuota": 1, "memQuota": 1})).await.data();
    assert_eq!(foreign["dataCenters"][0]["status"], "failed", "{foreign}");
    assert!(foreign["dataCenters"][0]["reason"].as_str().unwrap().contains("not Tenantry's"), "{foreign}");
    assert_eq!(other.delete(&format!("/api/v1/organizations/{}", foreign["orgId"].as_str().unwrap())).await.data()["status"], "deleted");
    let closed = server.delete(&format!("{org}?cascade=true")).await.data();
    assert_eq!(closed["status"], "deleted", "{closed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_whose_credentials_are_wrong_is_refused_with_the_reason() {
    let Some(east) = kubeconfig("TENANTRY_TEST_KUBECONFIG") else { return };
    let server = Server::start().await;
    let address = east.lines().find_map(|l| l.trim().strip_prefix("server: ")).unwrap().to_owned();
    let no_ca = server.post("/api/v1/datacenters", json!({"name": "east", "endpoint": address, "token": "wrong"})).await;
    assert_eq!(no_ca.refusal(), (502, 1706));
    assert!(no_ca.body["message"].as_str().unwrap().to_lowercase().contains("certificate"), "{}", no_ca.body);
}

/// A way to the real directory that the test can close: what is not its own it does not stop.
struct Door {
    url: String,
    listener: Option<tokio::task::JoinHandle<()>>,
    to: String,
    at: std::net::SocketAddr,
}

impl Door {
    async fn to(ldap: &str) -> Self {
        let to = ldap.strip_prefix("ldap://").unwrap().to_owned();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let mut door = Self { url: format!("ldap://{at}"), listener: None, to, at };
        door.lead(listener);
        door
    }

    fn lead(&mut self, listener: tokio::net::TcpListener) {
        let to = self.to.clone();
        self.listener = Some(tokio::spawn(async move {
            while let Ok((mut here, _)) = listener.accept().await {
                let mut there = tokio::net::TcpStream::connect(&to).await.unwrap();
                tokio::spawn(async move { tokio::io::copy_bidirectional(&mut here, &mut there).await });
            }
        }));
    }

    async fn close(&mut self) {
        let task = self.listener.take().unwrap();
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
    }

    async fn open_again(&mut self) {
        let listener = tokio::net::TcpListener::bind(self.at).await.unwrap();
        self.lead(listener);
    }
}

/// Changes the real directory as its administrator, with the tools that come with it.
fn change(ldap: &str, tool: &str, ldif: &str) {
    use std::io::Write as _;
    use std::process::{Command, Stdio};
    let administrator = ["-x", "-H", ldap, "-D", "cn=admin,dc=example,dc=org", "-w", "directory-admin-password"];
    let mut child = Command::new(tool).args(administrator).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(ldif.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success(), "{tool}: {ldif}");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_of_a_real_directory_log_in_gain_and_lose_roles_and_wait_while_it_is_down() {
    let Ok(ldap) = std::env::var("TENANTRY_TEST_LDAP") else {
        let _ = std::io::Write::write_all(&mut std::io::stderr(), b"skipped: TENANTRY_TEST_LDAP names no directory\n");
        return;
    };
    let mut door = Door::to(&ldap).await;
    // a group of the test's own, in which nobody else looks
    let group = format!("cn=front-door-{},ou=groups,dc=example,dc=org", std::process::id());
    let member = |login: &str| format!("uid={login},ou=people,dc=example,dc=org");
    let (somebody, person) = (member("user09001"), member("user09002"));
    change(&ldap, "ldapadd", &format!("dn: {group}\nobjectClass: groupOfNames\nmember: {somebody}\n"));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tenantry.toml");
    std::fs::write(folder.path().join("password"), "reader-password\n").unwrap();
    let text = format!(
        r#"[[directory]]
name = "staff"
url = "{}"
ca_file = "{}"
bind_dn = "cn=reader,dc=example,dc=org"
bind_password_file = "{}"
user_base = "ou=people,dc=example,dc=org"
user_filter = "(objectClass=inetOrgPerson)"
groups = {{ base = "ou=groups,dc=example,dc=org" }}
roles = [{{ group = "{group}", role = "system.admin" }}, {{ group = "cn=operators,ou=groups,dc=example,dc=org", role = "maintainer" }}]
create = true
"#,
        door.url,
        std::env::var("TENANTRY_TEST_LDAP_CA").unwrap(),
        folder.path().join("password").display(),
    );
    std::fs::write(&file, text).unwrap();
    let directories = tenantry_server::Config::load(Some(&file)).unwrap().directory;
    let server = Server::start_with(std::sync::Arc::new(tenantry_server::SystemClock), |config| config.directory = directories).await;
    let checked = server.get("/api/v2/directories").await.body;
    assert_eq!(checked["items"], json!([{"name": "staff", "kind": "directory", "healthy": true, "message": ""}]));
    let people = server.get("/api/v2/directories/staff/users?prefix=user0900&limit=5").await.body;
    assert_eq!((people["items"].as_array().unwrap().len(), people["next"].is_string()), (5, true), "{people}");
    let login = async |username: &str, password: &str| {
        let answer = server.send("", "POST", "/api/v2/sessions", Some(json!({"username": username, "password": password}))).await;
        (answer.status.as_u16(), answer.body)
    };
    let made = login("user09002", "password-09002").await;
    assert_eq!((made.0, made.1["user"]["role"].as_str()), (201, None), "{}", made.1);
    assert_eq!(made.1["user"]["email"], "user09002@example.org");
    assert_eq!(login("USER00003", "password-00003").await.1["user"]["role"], "maintainer");
    for (username, password) in [("user09002", "password-09003"), ("user09002", ""), ("user0900*", "password-09002"), ("nobody", "x")] {
        let refused = login(username, password).await;
        assert_eq!((refused.0, refused.1["detail"].as_str()), (401, Some("wrong user or password")), "{username}");
    }
    let changed = |what: &str| format!("dn: {group}\nchangetype: modify\n{what}: member\nmember: {person}\n");
    change(&ldap, "ldapmodify", &changed("add"));
    let administrator = login("user09002", "password-09002").await.1;
    assert_eq!(administrator["user"]["role"], "system.admin");
    let token = administrator["token"].as_str().unwrap().to_owned();
    assert_eq!(server.send(&token, "GET", "/api/v2/directories", None).await.status, 200);
    change(&ldap, "ldapmodify", &changed("delete"));
    let lost = login("user09002", "password-09002").await.1;
    assert_eq!((lost["user"]["role"].as_str(), &lost["user"]["id"]), (None, &made.1["user"]["id"]));
    assert_eq!(server.send(&token, "GET", "/api/v2/directories", None).await.status, 403, "the older session has no more than the new one");
    change(&ldap, "ldapmodify", &format!("dn: {group}\nchangetype: delete\n"));
    door.close().await;
    let down = login("user09002", "password-09002").await;
    assert!(down.0 == 502 && down.1["detail"].as_str().unwrap().contains("'staff'"), "{}", down.1);
    assert_eq!(login("admin", common::PASSWORD).await.0, 201);
    let checked = server.get("/api/v2/directories").await.body;
    assert_eq!(checked["items"][0]["healthy"], false, "{checked}");
    door.open_again().await;
    assert_eq!(login("user09002", "password-09002").await.0, 201);
}

/// The token of the link in the mails that arrived for an address, if one did.
fn mailed_token(folder: &str, to: &str) -> Option<String> {
    use base64::Engine as _;
    let files = std::fs::read_dir(format!("{folder}/new")).ok()?;
    let mails = files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
    let mail = mails.into_iter().find(|mail| mail.contains(&format!("X-RcptTo: {to}")))?;
    let (head, body) = mail.split_once("\n\n").unwrap();
    let encoded = |encoding: &str| head.to_lowercase().contains(&format!("content-transfer-encoding: {encoding}"));
    let text = if encoded("base64") {
        let bytes = base64::engine::general_purpose::STANDARD.decode(body.split_whitespace().collect::<String>()).unwrap();
        String::from_utf8(bytes).unwrap()
    } else {
        // quoted-printable: lines are broken by `=`, and `=` itself is written out
        body.replace("=\r\n", "").replace("=\n", "").replace("=3D", "=")
    };
    let (_, rest) = text.split_once("https://cloud.example.org/reset-password#token=").unwrap_or_else(|| panic!("no link: {text}"));
    Some(rest.chars().take_while(char::is_ascii_hexdigit).collect())
}

/// Asks until the answer is what is waited for.
async fn until<T>(mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = std::time::Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(begun.elapsed() < std::time::Duration::from_secs(60), "it does not come");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_password_is_set_anew_by_a_link_that_a_real_mail_server_delivers() {
    let Ok(port) = std::env::var("TENANTRY_TEST_MAIL_PORT") else {
        let _ = std::io::Write::write_all(&mut std::io::stderr(), b"skipped: TENANTRY_TEST_MAIL_PORT names no mail server\n");
        return;
    };
    let folder = std::env::var("TENANTRY_TEST_MAIL_FOLDER").unwrap();
    let password = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(password.path(), "mail-password\n").unwrap();
    let configure = |config: &mut tenantry_server::Config| {
        let mail = &mut config.mail;
        mail.host = Some("localhost".to_owned());
        mail.port = port.parse().unwrap();
        mail.ca_file = Some(std::env::var("TENANTRY_TEST_MAIL_CA").unwrap().into());
        mail.username = "cloud".to_owned();
        mail.password_file = Some(password.path().to_owned());
        mail.from = "Cloud <cloud@example.org>".to_owned();
        config.server.public_url = Some("https://cloud.example.org/".to_owned());
    };
    let server = Server::start_with(std::sync::Arc::new(tenantry_server::SystemClock), configure).await;
    let carol = format!("carol-{}@example.org", std::process::id());
    for (username, email) in [("carol", carol.as_str()), ("lost", "refused-for-good@example.org")] {
        let user = json!({"tenant_id": 1, "username": username, "password": "the-old-password", "email": email});
        assert_eq!(server.post("/api/v2/users", user).await.status, 201);
    }
    let send = async |path: &str, body: Value| {
        let answer = server.send("", "POST", path, Some(body)).await;
        (answer.status.as_u16(), answer.body)
    };
    let login = async |password: &str| send("/api/v2/sessions", json!({"username": "carol", "password": password})).await.0;
    for username in ["carol", "lost", "nobody"] {
        assert_eq!(send("/api/v2/password-resets", json!({"username": username})).await, (202, Value::String(String::new())), "{username}");
    }
    let token = until(async || mailed_token(&folder, &carol)).await;
    assert!(server.respond(common::request("", "GET", "/reset-password", &[], None)).await.status().is_success());
    let confirm = async |password: &str| send("/api/v2/password-resets/confirm", json!({"token": token, "new_password": password})).await.0;
    assert_eq!(confirm("my-new-password").await, 204);
    assert_eq!(confirm("another-password").await, 422);
    assert_eq!((login("the-old-password").await, login("my-new-password").await), (401, 201));
    let state = async |to: &str| {
        let mails = server.get("/api/v2/mails").await.body["items"].as_array().unwrap().clone();
        mails.into_iter().find(|mail| mail["recipient"] == to && mail["state"] != "pending")
    };
    assert_eq!(until(async || state(&carol).await).await["state"], "sent");
    let refused = until(async || state("refused-for-good@example.org").await).await;
    assert_eq!(refused["state"], "given_up");
    assert!(refused["reason"].as_str().unwrap().contains("no such user here"), "{refused}");
}
