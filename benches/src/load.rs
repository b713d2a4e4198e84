//! A client that costs little: requests written out beforehand on connections that stay open, answers read as far as their length says.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use futures::future::try_join_all;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What a run of requests came to.
#[derive(Default)]
pub(crate) struct Run {
    /// How long every request took, shortest first.
    pub(crate) times: Vec<Duration>,
    took: Duration,
}

impl Run {
    /// The two together.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.times.extend(other.times);
        self.times.sort();
        self.took += other.took;
        self
    }

    pub(crate) fn per_second(&self) -> f64 {
        self.times.len() as f64 / self.took.as_secs_f64()
    }

    /// The time that `share` of the requests (0 to 1) did not exceed.
    pub(crate) fn percentile(&self, share: f64) -> Duration {
        let index = (self.times.len() as f64 * share) as usize;
        self.times.get(index.min(self.times.len().saturating_sub(1))).copied().unwrap_or_default()
    }
}

/// A GET as it goes over the wire.
pub(crate) fn get(path: &str, token: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\r\n")
}

/// Sends the request again and again on as many connections, for that long.
pub(crate) async fn run(address: SocketAddr, request: &str, connections: usize, length: Duration) -> anyhow::Result<Run> {
    run_paced(address, request, connections, length, Duration::ZERO).await
}

/// The same with a pause before each request.
pub(crate) async fn run_paced(
    address: SocketAddr,
    request: &str,
    connections: usize,
    length: Duration,
    pause: Duration,
) -> anyhow::Result<Run> {
    measure(address, std::iter::repeat_n(request.to_owned(), connections), length, pause).await
}

/// Sends each request again and again on a connection of its own, for that long.
pub(crate) async fn run_each(address: SocketAddr, requests: &[String], length: Duration) -> anyhow::Result<Run> {
    run_each_paced(address, requests, length, Duration::ZERO).await
}

/// The same with a pause before each request.
pub(crate) async fn run_each_paced(address: SocketAddr, requests: &[String], length: Duration, pause: Duration) -> anyhow::Result<Run> {
    measure(address, requests.iter().cloned(), length, pause).await
}

async fn measure(address: SocketAddr, requests: impl Iterator<Item = String>, length: Duration, pause: Duration) -> anyhow::Result<Run> {
    let begun = Instant::now();
    let until = begun + length;
    let each = try_join_all(requests.map(|request| tokio::spawn(one(address, request, until, pause)))).await?;
    let took = begun.elapsed();
    let mut times = Vec::new();
    for connection in each {
        times.extend(connection?);
    }
    times.sort();
    Ok(Run { times, took })
}

async fn one(address: SocketAddr, request: String, until: Instant, pause: Duration) -> anyhow::Result<Vec<Duration>> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(1 << 16);
    let mut times = Vec::new();
    while Instant::now() < until {
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
        let sent = Instant::now();
        stream.write_all(request.as_bytes()).await?;
        answer(&mut stream, &mut buffer).await?;
        times.push(sent.elapsed());
    }
    Ok(times)
}

/// Reads one answer; anything but 200 ends the measurement.
async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> anyhow::Result<()> {
    buffer.clear();
    let (head, length) = loop {
        ensure!(stream.read_buf(buffer).await? > 0, "the server closed the connection");
        let Some(end) = buffer.windows(4).position(|w| w == b"\r\n\r\n") else { continue };
        let head = std::str::from_utf8(&buffer[..end])?.to_ascii_lowercase();
        ensure!(head.starts_with("http/1.1 200"), "answered {}", String::from_utf8_lossy(buffer));
        let length = head.lines().find_map(|l| l.strip_prefix("content-length: ")).context("no length")?.trim().parse::<usize>()?;
        break (end + 4, length);
    };
    while buffer.len() < head + length {
        ensure!(stream.read_buf(buffer).await? > 0, "the server closed the connection");
    }
    Ok(())
}

/// One request, and the body of its answer.
pub(crate) async fn body(address: SocketAddr, request: &str) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut buffer = Vec::new();
    answer(&mut stream, &mut buffer).await?;
    let text = String::from_utf8(buffer)?;
    Ok(text.split_once("\r\n\r\n").map_or_else(String::new, |(_, body)| body.to_owned()))
}
