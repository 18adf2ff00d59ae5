//! Child processes that end with their owner, whatever ends it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead as _, BufReader, Read};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use tokio::time::Instant;

/// The environment variables of a process.
pub type Environment = BTreeMap<String, String>;

/// How often a condition without a signal of its own is looked at.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Makes an environment from pairs.
pub fn environment<const N: usize>(pairs: [(&str, &str); N]) -> Environment {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// A running child. Dropping it ends it and everything it started.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    /// Some servers live as long as their standard input, so it is held open.
    stdin: Option<ChildStdin>,
    output: Arc<Output>,
}

/// What a child that ended left behind.
#[derive(Debug)]
pub struct Finished {
    /// Its exit code; none where a signal ended it.
    pub code: Option<i32>,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Finished {
    /// Fails the test unless the child ended with 0. Returns its standard output.
    pub fn expect_success(self, what: &str) -> String {
        assert_eq!(self.code, Some(0), "{what} failed\n--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr);
        self.stdout
    }

    /// Fails the test unless the child is a program of Python's unittest of which at least so many tests ran, and all passed.
    /// Returns what it said.
    pub fn expect_tests(self, least: u32) -> String {
        let said = self.stderr;
        assert_eq!(self.code, Some(0), "{said}");
        let count = |line: &str| line.strip_prefix("Ran ")?.split_once(" test")?.0.parse::<u32>().ok();
        assert!(said.lines().find_map(count).is_some_and(|ran| ran >= least), "fewer than {least} tests ran:\n{said}");
        said
    }
}

#[derive(Debug, Default)]
struct Output {
    lines: Mutex<Lines>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Lines {
    stdout: Vec<String>,
    stderr: Vec<String>,
    open_streams: usize,
}

impl Process {
    /// Starts a child and collects all it prints.
    pub fn start(name: &str, command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        let output = Arc::new(Output::default());
        output.lock().open_streams = 2;
        collect(Arc::clone(&output), child.stdout.take().expect("piped"), |lines| &mut lines.stdout);
        collect(Arc::clone(&output), child.stderr.take().expect("piped"), |lines| &mut lines.stderr);
        let stdin = child.stdin.take();
        Self { name: name.to_owned(), child, stdin, output }
    }

    /// Runs a child to its end.
    pub fn run(name: &str, command: &mut Command, limit: Duration) -> Finished {
        let mut process = Self::start(name, command);
        drop(process.stdin.take());
        let end = Instant::now() + limit;
        let status = loop {
            if let Some(status) = process.exited() {
                break status;
            }
            assert!(Instant::now() < end, "{name} did not end within {limit:?}\n{}", process.printed());
            pause();
        };
        process.wait_for_end_of_output();
        let lines = process.output.lock();
        Finished { code: status.code(), stdout: lines.stdout.concat(), stderr: lines.stderr.concat() }
    }

    /// Waits until the child has printed a line of which `find` makes something.
    pub fn wait_for_line<T>(&mut self, limit: Duration, find: impl Fn(&str) -> Option<T>) -> T {
        let end = Instant::now() + limit;
        loop {
            let ended = self.exited().is_some() && self.output.lock().open_streams == 0;
            let found = {
                let lines = self.output.lock();
                let (lines, _) = self.output.changed.wait_timeout(lines, POLL_INTERVAL).expect("no reader panics");
                lines.stdout.iter().chain(&lines.stderr).find_map(|line| find(line.trim_end()))
            };
            match found {
                Some(found) => return found,
                None if ended => panic!("{} ended before it was ready\n{}", self.name, self.printed()),
                None => {
                    assert!(Instant::now() < end, "{} is not ready after {limit:?}\n{}", self.name, self.printed());
                }
            }
        }
    }

    /// The most memory that it ever held at a time, in bytes.
    pub fn most_memory_bytes(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("Linux says it");
        let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().expect("a number of kB");
        kilobytes * 1_024
    }

    /// All it has printed so far, standard output first.
    pub fn printed(&self) -> String {
        let lines = self.output.lock();
        lines.stdout.concat() + &lines.stderr.concat()
    }

    /// How it ended, where it has.
    pub fn exited(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child can be asked for its status")
    }

    /// Ends it and all it started.
    pub fn end(&mut self) {
        if self.exited().is_some() {
            return;
        }
        let mut ids = descendants(self.child.id());
        ids.insert(self.child.id());
        kill(&ids);
        let _status = self.child.wait();
    }

    /// Ends it and returns all it printed.
    pub fn end_and_read(mut self) -> String {
        self.end();
        self.wait_for_end_of_output();
        self.printed()
    }

    /// What a child wrote before its end may still be on its way.
    fn wait_for_end_of_output(&self) {
        let lines = self.output.lock();
        let _lines =
            self.output.changed.wait_timeout_while(lines, Duration::from_secs(5), |lines| lines.open_streams > 0);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

impl Output {
    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().expect("no reader panics")
    }
}

fn collect(output: Arc<Output>, stream: impl Read + Send + 'static, lines_of: fn(&mut Lines) -> &mut Vec<String>) {
    thread::spawn(move || {
        let mut stream = BufReader::new(stream);
        let mut line = Vec::new();
        while stream.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            lines_of(&mut output.lock()).push(String::from_utf8_lossy(&line).into_owned());
            output.changed.notify_all();
            line.clear();
        }
        output.lock().open_streams -= 1;
        output.changed.notify_all();
    });
}

/// The ids of all processes that `ancestor` started, directly or not.
fn descendants(ancestor: u32) -> BTreeSet<u32> {
    let mut parents = BTreeMap::new();
    for entry in fs::read_dir("/proc").expect("/proc is readable").flatten() {
        let Ok(id) = entry.file_name().to_string_lossy().parse::<u32>() else { continue };
        // The name, in parentheses, may itself hold spaces; the state and the parent's id follow it.
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
        let parent = stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(1)?.parse::<u32>().ok());
        parents.insert(id, parent.unwrap_or_default());
    }
    let is_descendant = |id: &u32| {
        let mut parent = parents.get(id).copied().unwrap_or_default();
        while parent != 0 && parent != ancestor {
            parent = parents.get(&parent).copied().unwrap_or_default();
        }
        parent == ancestor
    };
    parents.keys().copied().filter(is_descendant).collect()
}

fn kill(ids: &BTreeSet<u32>) {
    let list: Vec<String> = ids.iter().map(u32::to_string).collect();
    // Some may have ended by themselves meanwhile, which `kill` calls an error.
    let _status =
        Command::new("sh").args(["-c", &format!("kill -KILL {}", list.join(" "))]).stderr(Stdio::null()).status();
}

/// Lets a little time pass.
#[expect(clippy::disallowed_methods, reason = "tests wait for processes, which know nothing of tokio's clock")]
pub fn pause() {
    thread::sleep(POLL_INTERVAL);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_running(id: u32) -> bool {
        // An ended process whose parent has not asked for its status is a zombie.
        fs::read_to_string(format!("/proc/{id}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
    }

    #[test]
    fn dropping_a_process_ends_its_children_too() {
        let mut process = Process::start("a shell", Command::new("sh").args(["-c", "sleep 60 & echo $!; wait"]));
        let grandchild = process.wait_for_line(Duration::from_secs(10), |line| line.parse().ok());
        assert!(is_running(grandchild));
        drop(process);
        let end = Instant::now() + Duration::from_secs(5);
        while is_running(grandchild) {
            assert!(Instant::now() < end, "the grandchild goes on");
            pause();
        }
    }

    #[test]
    fn a_finished_process_leaves_its_code_and_its_output() {
        let mut command = Command::new("sh");
        let finished =
            Process::run("a shell", command.args(["-c", "echo out; echo err >&2; exit 3"]), Duration::from_secs(10));
        assert_eq!((finished.code, finished.stdout.as_str(), finished.stderr.as_str()), (Some(3), "out\n", "err\n"));
    }
}
