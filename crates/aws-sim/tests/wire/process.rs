//! The stand-in as a process.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};

use aws_sim::Counts;

#[test]
fn a_process_says_where_it_listens_and_ends_when_told() {
    for signal in ["-TERM", "-INT"] {
        let folder = tempfile::tempdir().unwrap();
        let counts = folder.path().join("counts.json");
        let mut process = Command::new(env!("CARGO_BIN_EXE_aws-sim"))
            .args(["--latency-ms", "0", "--jitter-ms", "0", "--counts"])
            .arg(&counts)
            .env("TMPDIR", folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let address = line.strip_prefix("listening on http://").unwrap().trim_end();
        assert_eq!(put(address), "HTTP/1.1 200 OK");

        let told = Command::new("kill").args([signal, &process.id().to_string()]).status().unwrap();
        assert!(told.success());
        assert_eq!(process.wait().unwrap().code(), Some(0));
        out.read_to_string(&mut line).unwrap();
        assert_eq!(line.lines().count(), 1, "{line}");
        let counts: Counts = serde_json::from_slice(&std::fs::read(&counts).unwrap()).unwrap();
        assert_eq!(counts.of("s3:PutObject").succeeded, 1);
        assert_eq!(counts.objects["bucket/key"], 7);
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["counts.json"], "its objects are gone");
    }
}

#[test]
fn a_process_that_cannot_start_says_why() {
    let started = Command::new(env!("CARGO_BIN_EXE_aws-sim")).args(["--accounts", "0"]).output().unwrap();
    assert_eq!(started.status.code(), Some(1));
    assert!(started.stdout.is_empty());
    let problem = String::from_utf8(started.stderr).unwrap();
    assert_eq!(problem, "aws-sim: cannot start: accounts is 0, and must be 1 to 1000000\n");
}

/// Puts an object with a request written by hand, and reads the first line of the answer.
fn put(address: &str) -> String {
    use std::io::Write as _;
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    let request = format!("PUT /bucket/key HTTP/1.1\r\nhost: {address}\r\ncontent-length: 7\r\n\r\ncontent");
    stream.write_all(request.as_bytes()).unwrap();
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}
