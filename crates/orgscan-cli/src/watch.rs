//! Showing a run's progress, and letting Ctrl-C end it in order.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use orgscan::logs;
use orgscan::progress::{Progress, Snapshot};
use orgscan::scan::Stop;
use tokio::sync::oneshot;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, registry};

use crate::arguments::colour;
use crate::arguments::groups::TerminalArguments;
use crate::arguments::say;

/// How often a bar is drawn again.
const BAR_PERIOD: Duration = Duration::from_millis(100);

/// How often a line is written where there is no terminal.
const LINE_PERIOD: Duration = Duration::from_secs(10);

/// Where progress and logs are shown: standard error, so that standard output is the summary's alone.
#[derive(Debug, Clone)]
pub(crate) struct Screen {
    bar: ProgressBar,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bar,
    Lines,
    Nothing,
}

impl Screen {
    /// Chooses how progress is shown, and sends logs there too: warnings by default, others by `RUST_LOG`.
    pub(crate) fn open(terminal: TerminalArguments) -> Self {
        let kind = match (terminal.quiet, io::stderr().is_terminal()) {
            (true, _) => Kind::Nothing,
            (false, true) => Kind::Bar,
            (false, false) => Kind::Lines,
        };
        let bar = match kind {
            Kind::Bar => ProgressBar::new_spinner(),
            Kind::Lines | Kind::Nothing => ProgressBar::hidden(),
        };
        if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {wide_msg}") {
            bar.set_style(style);
        }
        let screen = Self { bar, kind };
        let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
        let lines = tracing_subscriber::fmt::layer()
            .with_target(false)
            .with_ansi(colour::is_wanted(terminal.color, &io::stderr()))
            .with_writer(screen.clone());
        registry().with(lines.with_filter(logs::most())).with(filter).init();
        logs::hide_messages_of_panics();
        screen
    }

    fn period(&self) -> Duration {
        match self.kind {
            Kind::Bar => BAR_PERIOD,
            Kind::Lines | Kind::Nothing => LINE_PERIOD,
        }
    }

    fn show(&self, snapshot: Snapshot, last: &mut Option<Snapshot>) {
        match self.kind {
            Kind::Bar => {
                self.bar.set_message(line(snapshot));
                self.bar.tick();
            }
            Kind::Lines if snapshot.listed > 0 && *last != Some(snapshot) => say(&line(snapshot)),
            Kind::Lines | Kind::Nothing => {}
        }
        *last = Some(snapshot);
    }
}

fn line(snapshot: Snapshot) -> String {
    let Snapshot { listed, done, failed, listed_all } = snapshot;
    let more = if listed_all { "" } else { " so far" };
    format!("{done} of {listed} accounts{more}, {failed} failed")
}

/// A log line between two drawings of the bar.
#[derive(Debug)]
pub(crate) struct LogLine {
    bar: ProgressBar,
}

impl Write for LogLine {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bar.suspend(|| io::stderr().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

impl MakeWriter<'_> for Screen {
    type Writer = LogLine;

    fn make_writer(&self) -> LogLine {
        LogLine { bar: self.bar.clone() }
    }
}

/// How a watched run ended.
#[derive(Debug)]
pub(crate) enum Watched<T> {
    /// By itself, or after one Ctrl-C.
    Ended(T),
    /// At a second Ctrl-C.
    Interrupted,
}

/// Runs a job and shows how far it is. The first Ctrl-C lets no further account begin; the job then writes what there is.
pub(crate) async fn watch<T, E>(
    screen: &Screen,
    progress: &Progress,
    job: impl AsyncFnOnce(Stop) -> Result<T, E>,
) -> Result<Watched<T>, E> {
    let (interrupt, interrupted) = oneshot::channel::<()>();
    let mut interrupt = Some(interrupt);
    let stop = Stop::when(async move {
        // A sender that is dropped has sent nothing: the run has ended.
        if interrupted.await.is_err() {
            std::future::pending::<()>().await;
        }
    });
    let mut job = std::pin::pin!(job(stop));
    let mut ticks = tokio::time::interval(screen.period());
    let mut last = None;
    // One listener that lives on: a new one each time would miss a signal that comes in between.
    let mut signal = std::pin::pin!(interrupts());
    let ended = loop {
        tokio::select! {
            ended = &mut job => break ended.map(Watched::Ended),
            _ = ticks.tick() => screen.show(progress.snapshot(), &mut last),
            () = &mut signal => {
                signal.set(interrupts());
                let Some(interrupt) = interrupt.take() else { break Ok(Watched::Interrupted) };
                if interrupt.send(()).is_ok() {
                    screen.bar.suspend(|| {
                        say("orgscan: interrupted: no further account is begun, those under way have a few seconds to \
                             finish, and what there is is written; press Ctrl-C again to stop at once");
                    });
                }
            }
        }
    };
    screen.bar.finish_and_clear();
    ended
}

/// Ends with the next Ctrl-C; never where it cannot be noticed.
async fn interrupts() {
    if let Err(error) = tokio::signal::ctrl_c().await {
        tracing::warn!("Ctrl-C cannot be noticed: {error}");
        std::future::pending::<()>().await;
    }
}
