//! Showing a run's progress, and letting Ctrl-C end it in order.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use orgscan::logs;
use orgscan::progress::{Pace, Progress, Snapshot};
use orgscan::scan::Stop;
use orgscan::text::number;
use tokio::sync::oneshot;
use tokio::time::Instant;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, registry};

use crate::arguments::colour;
use crate::arguments::groups::TerminalArguments;
use crate::arguments::say;

/// What is logged where `RUST_LOG` asks for nothing. That there are no credentials is said by the error itself.
const DEFAULT_LOG: &str = "warn,aws_config=error";

/// How often a bar is drawn again.
const BAR_PERIOD: Duration = Duration::from_millis(100);

/// While accounts are still listed, and when all are.
const SEARCHING: &str = "{spinner} {elapsed} {wide_msg}";
const COUNTING: &str = "{spinner} {elapsed} [{bar:20}] {wide_msg}";

/// How often a line is written where there is no terminal.
const LINE_PERIOD: Duration = Duration::from_secs(10);

/// Where progress and logs are shown: standard error, so that standard output is the summary's alone.
#[derive(Debug, Clone)]
pub(crate) struct Screen {
    bar: ProgressBar,
    kind: Kind,
    is_coloured: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bar,
    Lines,
    Nothing,
}

/// What was shown of a run.
#[derive(Debug)]
struct Shown {
    began: Instant,
    pace: Pace,
    last: Option<Snapshot>,
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
        let screen = Self { bar, kind, is_coloured: colour::is_wanted(terminal.color, &io::stderr()) };
        let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT_LOG));
        let lines = tracing_subscriber::fmt::layer()
            .with_target(false)
            .with_ansi(screen.is_coloured)
            .with_writer(screen.clone());
        registry().with(lines.with_filter(logs::most())).with(filter).init();
        logs::hide_messages_of_panics();
        screen.style(SEARCHING);
        screen
    }

    fn style(&self, template: &str) {
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style.progress_chars("=> "));
        }
    }

    fn period(&self) -> Duration {
        match self.kind {
            Kind::Bar => BAR_PERIOD,
            Kind::Lines | Kind::Nothing => LINE_PERIOD,
        }
    }

    fn show(&self, snapshot: Snapshot, shown: &mut Shown) {
        shown.pace.add(shown.began.elapsed(), snapshot);
        match self.kind {
            Kind::Bar => {
                // Without an end there is nothing to draw a bar to.
                if snapshot.listed_all && shown.last.is_none_or(|last| !last.listed_all) {
                    self.style(COUNTING);
                }
                self.bar.set_length(snapshot.listed);
                self.bar.set_position(snapshot.done);
                self.bar.set_message(line(snapshot, &shown.pace, self.is_coloured));
                self.bar.tick();
            }
            Kind::Lines if snapshot.listed > 0 && shown.last != Some(snapshot) => {
                say(&line(snapshot, &shown.pace, false));
            }
            Kind::Lines | Kind::Nothing => {}
        }
        shown.last = Some(snapshot);
    }
}

/// How far a run is, how fast, how long it will take, and how much went wrong.
fn line(snapshot: Snapshot, pace: &Pace, is_coloured: bool) -> String {
    let Snapshot { listed, done, failed, listed_all } = snapshot;
    let more = if listed_all { "" } else { " so far" };
    let mut parts = vec![format!("{} of {} accounts{more}", number(done), number(listed))];
    parts.extend(pace.per_second().map(|rate| format!("{rate:.1}/s")));
    parts.extend(pace.left(snapshot).filter(|_| done < listed).map(|left| format!("{} left", about(left))));
    let failed = format!("{} failed", number(failed));
    parts.push(if is_coloured && snapshot.failed > 0 { format!("\u{1b}[31m{failed}\u{1b}[0m") } else { failed });
    parts.join(", ")
}

/// A duration in the two largest units, rounded up.
fn about(duration: Duration) -> String {
    let seconds = duration.as_secs() + u64::from(duration.subsec_nanos() > 0);
    match seconds {
        0..=90 => format!("{seconds} s"),
        91..=5_400 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
    }
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

/// Runs a job and shows how far it is. The first Ctrl-C lets no further account begin; `outlook` says what becomes of those
/// that were visited.
pub(crate) async fn watch<T, E>(
    screen: &Screen,
    progress: &Progress,
    outlook: &str,
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
    let mut shown = Shown { began: Instant::now(), pace: Pace::default(), last: None };
    // One listener that lives on: a new one each time would miss a signal that comes in between.
    let mut signal = std::pin::pin!(interrupts());
    let ended = loop {
        tokio::select! {
            ended = &mut job => break ended.map(Watched::Ended),
            _ = ticks.tick() => screen.show(progress.snapshot(), &mut shown),
            () = &mut signal => {
                signal.set(interrupts());
                let Some(interrupt) = interrupt.take() else { break Ok(Watched::Interrupted) };
                if interrupt.send(()).is_ok() {
                    screen.bar.suspend(|| {
                        say(&format!(
                            "orgscan: interrupted: no further account is begun, those under way have a few seconds to \
                             finish, and {outlook}; press Ctrl-C again to stop at once"
                        ));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_far_how_fast_how_long_and_what_failed() {
        let at = |done, listed_all| Snapshot { listed: 1_000, done, failed: 3, listed_all };
        let mut pace = Pace::default();
        assert_eq!(line(at(0, false), &pace, false), "0 of 1,000 accounts so far, 3 failed");
        pace.add(Duration::ZERO, at(0, false));
        pace.add(Duration::from_secs(20), at(250, false));
        assert_eq!(line(at(250, false), &pace, false), "250 of 1,000 accounts so far, 12.5/s, 3 failed");
        assert_eq!(line(at(250, true), &pace, false), "250 of 1,000 accounts, 12.5/s, 60 s left, 3 failed");
        assert_eq!(line(at(1_000, true), &pace, false), "1,000 of 1,000 accounts, 12.5/s, 3 failed");
        assert!(line(at(250, true), &pace, true).ends_with("\u{1b}[31m3 failed\u{1b}[0m"));
    }

    #[test]
    fn how_long_it_takes_is_rounded_up() {
        for (milliseconds, expected) in [
            (0, "0 s"),
            (1, "1 s"),
            (90_000, "90 s"),
            (90_001, "2 min"),
            (5_400_000, "90 min"),
            (5_401_000, "1 h 30 min"),
        ] {
            assert_eq!(about(Duration::from_millis(milliseconds)), expected);
        }
    }
}
