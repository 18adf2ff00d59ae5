//! A slow line to a stand-in, so that a deadline comes while a run is at work.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

/// A proxy on a free port of 127.0.0.1 that passes every answer on after a delay. It ends with the test's process.
#[derive(Debug)]
pub struct SlowLine {
    address: SocketAddr,
}

impl SlowLine {
    /// Starts the proxy to an endpoint like `http://127.0.0.1:4566`.
    pub fn to(endpoint: &str, delay: Duration) -> Self {
        let server: SocketAddr = endpoint.trim_start_matches("http://").parse().expect("an endpoint with a port");
        let listener = TcpListener::bind("127.0.0.1:0").expect("127.0.0.1 has a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // A stand-in that has ended refuses, and the client learns it from its closed connection.
                let Ok(server) = TcpStream::connect(server) else { continue };
                let (from_client, to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                thread::spawn(move || pass_on(from_client, to_server, Duration::ZERO));
                thread::spawn(move || pass_on(server, client, delay));
            }
        });
        Self { address }
    }

    /// The value of `AWS_ENDPOINT_URL`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }
}

#[expect(clippy::disallowed_methods, reason = "the delay is one that the function under test sees on the real clock")]
fn pass_on(mut from: TcpStream, mut to: TcpStream, delay: Duration) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(length) = from.read(&mut buffer) {
        thread::sleep(delay);
        if length == 0 || to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _result = to.shutdown(Shutdown::Write);
}
