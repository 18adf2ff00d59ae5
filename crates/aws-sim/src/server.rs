//! Takes connections and serves each of them until it ends.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use crate::dispatch;
use crate::wire::{Line, Socket};
use crate::world::World;

/// How long to wait when no connection can be accepted, which is when there are too many open.
const PAUSE_WHEN_FULL: Duration = Duration::from_millis(10);

/// There is no answer, and the connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lost;

impl fmt::Display for Lost {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the connection ends without an answer")
    }
}

impl Error for Lost {}

/// Serves every connection, for ever.
pub(crate) async fn serve(listener: TcpListener, world: Arc<World>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            sleep(PAUSE_WHEN_FULL).await;
            continue;
        };
        #[expect(
            clippy::disallowed_methods,
            reason = "a connection lives as long as its client wants, and no deadline holds"
        )]
        tokio::spawn(converse(stream, Arc::clone(&world)));
    }
}

async fn converse(stream: TcpStream, world: Arc<World>) {
    let _open = world.counters.connected();
    // Without it small answers wait for more; where it fails they do.
    let _slower = stream.set_nodelay(true);
    let line = Line::default();
    let socket = Socket::new(stream, line.clone());
    let service = service_fn(|request| dispatch::answer(&world, request, &line));
    // How a connection ends is its client's business, or planned.
    let _ended = http1::Builder::new().header_read_timeout(None).serve_connection(socket, service).await;
}
