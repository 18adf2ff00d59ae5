//! A stand-in on a thread of its own.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::oneshot;

use crate::account::AccountId;
use crate::counts::Counts;
use crate::server;
use crate::settings::Settings;
use crate::world::World;

/// How many connections may wait to be accepted: a sweep opens hundreds at once.
const WAITING_CONNECTIONS: u32 = 4_096;

/// How long files that are being written have when the stand-in stops.
const TIME_TO_STOP: Duration = Duration::from_secs(2);

/// A running stand-in. It stops when this is dropped, and removes its files.
pub struct Sim {
    address: SocketAddr,
    world: Arc<World>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl fmt::Debug for Sim {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Sim").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Sim {
    /// Starts a stand-in on 127.0.0.1.
    ///
    /// # Errors
    ///
    /// Of kind `InvalidInput` for settings or fault rules that cannot be; others where the port is taken or there is no
    /// temporary folder.
    pub fn start(settings: Settings) -> io::Result<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, settings.port));
        let world = Arc::new(World::new(settings)?);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let (started, start) = mpsc::channel();
        let served = Arc::clone(&world);
        let thread = thread::Builder::new().name("aws-sim".to_owned()).spawn(move || {
            runtime.block_on(async {
                let listener = match listen(address) {
                    Ok((listener, address)) => {
                        // Nobody who waits for the address has gone.
                        let _waited_for = started.send(Ok(address));
                        listener
                    }
                    Err(error) => {
                        let _waited_for = started.send(Err(error));
                        return;
                    }
                };
                tokio::select! {
                    () = server::serve(listener, served) => {}
                    // The sender is dropped, or it sends: either way it is the end.
                    _ = stopped => {}
                }
            });
            runtime.shutdown_timeout(TIME_TO_STOP);
        })?;
        let address = start.recv().map_err(|_| io::Error::other("the stand-in's thread ended at its start"))??;
        Ok(Self { address, world, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it listens: the value of `AWS_ENDPOINT_URL`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What was counted since the start or the last reset.
    pub fn counts(&self) -> Counts {
        self.world.counts()
    }

    /// The accounts whose roles were asked for, in the order of the calls.
    pub fn roles_asked_for(&self) -> Vec<AccountId> {
        self.world.counters.roles()
    }

    /// The content of an object as it is now; none where there is no such object.
    pub fn object(&self, bucket: &str, key: &str) -> Option<Vec<u8>> {
        self.world.store.read(&format!("{bucket}/{key}"))
    }

    /// Sets counts, report states, quotas, faults and objects to the beginning.
    pub fn reset(&self) {
        self.world.reset();
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic in it has been printed, and there is nobody to pass it to.
            let _panicked = thread.join();
        }
    }
}

fn listen(address: SocketAddr) -> io::Result<(TcpListener, SocketAddr)> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    let listener = socket.listen(WAITING_CONNECTIONS)?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}
