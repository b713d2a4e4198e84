//! Logging in with a browser: a provider of single sign-on leads it back to this machine, to a port that is open until then.

use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use tenantry_client::Secret;
use tenantry_client::types::{FinishedSignOn, StartedSession};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use url::Url;

use crate::context::Context;
use crate::exit::Failure;

/// How long a person may take at the provider; the server forgets the login then.
const PATIENCE: Duration = Duration::from_secs(10 * 60);
/// How long a browser may take for one request.
const REQUEST: Duration = Duration::from_secs(10);
/// How many connections are held open; browsers open some that they never use.
const CONNECTIONS: usize = 32;
/// The longest request that is read.
const LONGEST: usize = 32 * 1024;

/// What the provider led back with.
struct Arrived {
    code: Option<String>,
    error: Option<String>,
}

/// Opens a session by way of a browser.
pub(crate) async fn start(cx: &mut Context, asked: Option<&str>) -> Result<StartedSession, Failure> {
    let provider = choose(cx, asked).await?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let redirect_uri = format!("http://127.0.0.1:{}/callback", listener.local_addr()?.port());
    let begun = cx.client.begin_sign_on(&provider, redirect_uri).await?;
    // nothing but a page is opened, whatever the server says
    let page = Url::parse(&begun.url).ok().filter(|url| matches!(url.scheme(), "https" | "http"));
    let page = page.ok_or_else(|| Failure::local("the server leads to what is no web page"))?;
    let opened = cx.terminal.interactive && (cx.terminal.open_browser)(page.as_str());
    let how = if opened { "log in in the browser; if none has opened, go to" } else { "log in with a browser on this machine at" };
    cx.terminal.note(&format!("{how}\n{page}"))?;
    let nobody = |_| Failure::local("nobody logged in within ten minutes");
    let Arrived { code, error } = timeout(PATIENCE, wait(&listener, &begun.state)).await.map_err(nobody)??;
    let arrived = FinishedSignOn { state: begun.state, secret: begun.secret, code: code.map(Secret::from), error };
    Ok(cx.client.finish_sign_on(&provider, &arrived).await?)
}

/// The provider that is asked for, or the only one that there is.
async fn choose(cx: &Context, asked: Option<&str>) -> Result<String, Failure> {
    let names: Vec<String> = cx.client.list_login_methods().await?.sign_on.into_iter().map(|m| m.name).collect();
    let known = || names.join(", ");
    match (asked, &names[..]) {
        (_, []) => Err(Failure::usage("this server has no single sign-on: log in with a name and a password")),
        (Some(asked), _) if names.iter().any(|n| n == asked) => Ok(asked.to_owned()),
        (Some(asked), _) => Err(Failure::usage(format!("there is no single sign-on at '{asked}': --sso takes {}", known()))),
        (None, [only]) => Ok(only.clone()),
        (None, _) => Err(Failure::usage(format!("say where: --sso=NAME, one of {}", known()))),
    }
}

/// Waits for the browser. Whatever else comes to the port is sent away.
async fn wait(listener: &TcpListener, state: &str) -> io::Result<Arrived> {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept(), if connections.len() < CONNECTIONS => {
                let (stream, state) = (accepted?.0, state.to_owned());
                connections.spawn(async move { timeout(REQUEST, answer(stream, &state)).await });
            }
            Some(done) = connections.join_next() => {
                if let Ok(Ok(Ok(Some(arrived)))) = done {
                    return Ok(arrived);
                }
            }
        }
    }
}

async fn answer(mut stream: TcpStream, state: &str) -> io::Result<Option<Arrived>> {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if head.len() > LONGEST || stream.read_buf(&mut head).await? == 0 {
            return Ok(None);
        }
    }
    let arrived = read(&String::from_utf8_lossy(&head), state);
    let (status, text) = match &arrived {
        Some(_) => ("200 OK", "Go back to the command line: it says how the login ended. This window can be closed."),
        None => ("404 Not Found", "The command line waits for another login."),
    };
    let page = format!("<!doctype html><meta charset=\"utf-8\"><title>Tenantry</title><p>{text}</p>\n");
    let headers = "Content-Type: text/html; charset=utf-8\r\nCache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nConnection: close";
    let response = format!("HTTP/1.1 {status}\r\n{headers}\r\nContent-Length: {}\r\n\r\n{page}", page.len());
    stream.write_all(response.as_bytes()).await?;
    stream.shutdown().await?;
    Ok(arrived)
}

/// What a request brings, if it is the one that is waited for.
fn read(head: &str, state: &str) -> Option<Arrived> {
    let mut words = head.lines().next()?.split(' ');
    let target = words.next().filter(|method| *method == "GET").and_then(|_| words.next())?;
    let url = Url::parse("http://127.0.0.1/").ok()?.join(target).ok()?;
    let value = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    let ours = url.path() == "/callback" && value("state").as_deref() == Some(state);
    let arrived = Arrived { code: value("code"), error: value("error") };
    (ours && (arrived.code.is_some() || arrived.error.is_some())).then_some(arrived)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_answer_to_this_login_is_taken() {
        let found = |head: &str| read(head, "s-1").map(|a| (a.code.unwrap_or_default(), a.error.unwrap_or_default()));
        let code = ("a b".to_owned(), String::new());
        assert_eq!(found("GET /callback?code=a%20b&state=s-1&session_state=x HTTP/1.1\r\nHost: x\r\n\r\n"), Some(code));
        assert_eq!(found("GET /callback?error=access_denied&state=s-1 HTTP/1.1"), Some((String::new(), "access_denied".to_owned())));
        for other in [
            "GET /callback?code=c&state=s-2 HTTP/1.1",
            "GET /callback?code=c HTTP/1.1",
            "GET /callback?state=s-1 HTTP/1.1",
            "GET /favicon.ico HTTP/1.1",
            "GET /elsewhere?code=c&state=s-1 HTTP/1.1",
            "POST /callback?code=c&state=s-1 HTTP/1.1",
            "GET",
            "",
        ] {
            assert_eq!(found(other), None, "{other}");
        }
    }
}
