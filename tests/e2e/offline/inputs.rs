//! What `orgscan` reads without AWS, and what it makes of files that do not fit together.

use super::*;

/// The report of another account.
fn of_account(report: &str, account: &str, to: &Path) -> String {
    fs::write(to, fs::read_to_string(report).unwrap().replace("123456789012", account)).unwrap();
    to.to_str().unwrap().to_owned()
}

/// Runs it with standard input from a pipe.
fn piped(arguments: &[&str], input: &str) -> (Option<i32>, String, String) {
    let mut command = command();
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that refuses its arguments ends without having read anything.
    if let Err(error) = child.stdin.take().unwrap().write_all(input.as_bytes()) {
        assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe, "{error}");
    }
    let output = child.wait_with_output().unwrap();
    let [stdout, stderr] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    (output.status.code(), stdout, stderr)
}

#[test]
fn a_gate_ends_with_2_where_some_of_the_report_could_not_be_judged() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let whole = fs::read_to_string(report(folder.path())).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    let sound = [lines[0], lines[4]].join("\n");
    let other = of_account(path("status_reports.csv").to_str().unwrap(), "210987654321", &path("other.csv"));
    let gate = |content: &str, more: &[&str]| {
        fs::write(path("report.csv"), content).unwrap();
        let report = path("report.csv");
        let gate = ["findings", report.to_str().unwrap(), "--as-of", "2026-11-21"];
        orgscan(&[&gate[..], more].concat())
    };
    let low = ["--fail-on", "low"];
    assert_eq!(gate(&sound, &low).code, Some(0));
    // Without a row, with a cell that nobody can read, with one that is empty, and without a column.
    for content in [
        lines[0].to_owned(),
        sound.replace(",true,2026-11-20T00:00:00Z", ",yes,2026-11-20T00:00:00Z"),
        sound.replace(",true,2026-11-20T00:00:00Z", ",true,"),
        sound.replace("cert_2_last_rotated", "something_else"),
    ] {
        let found = gate(&content, &low);
        assert_eq!(found.code, Some(2), "{content}: {}", found.stderr);
        assert!(found.stderr.contains("some of the report could not be judged"), "{}", found.stderr);
        assert_eq!(gate(&content, &[]).code, Some(0), "nobody asked for a gate");
    }
    let mut with_other = vec![other.as_str(), "--fail-on", "critical"];
    assert_eq!(gate(lines[0], &with_other).code, Some(3), "what was found is worse than what was not looked at");
    fs::write(path("other.csv"), sound.replace("123456789012", "210987654321")).unwrap();
    let found = gate(lines[0], &with_other);
    assert_eq!(found.code, Some(2), "{}", found.stderr);
    assert!(found.stderr.contains("report.csv has no rows") && found.stderr.contains(" in 1 row;"), "{}", found.stderr);
    with_other.truncate(1);
    assert_eq!(gate(&sound, &with_other).code, Some(0));
}

#[test]
fn a_table_has_one_line_for_each_finding_whatever_the_account_is_called() {
    let folder = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(report(folder.path())).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let merged = format!("account_id,{}\n\"1\u{1b}[2J\n2\",{}\n", lines[0], lines[1]);
    let (code, stdout, stderr) = piped(&["findings", "-", "--as-of", "2026-11-21"], &merged);
    assert_eq!((code, stdout.lines().count()), (Some(0), 1), "{stdout}");
    assert!(stdout.contains("  1 [2J 2  ") && !stdout.contains('\u{1b}'), "{stdout:?}");
    assert!(stderr.starts_with("1 finding (1 critical, 0 high, 0 medium, 0 low) in 1 row; as of "), "{stderr}");
}

#[test]
fn several_reports_are_looked_over_before_anything_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let report = report(folder.path());
    let other = of_account(&report, "210987654321", &path("other.csv"));
    let both = orgscan(&["findings", &report, &other, "--as-of", "2026-11-21"]);
    assert_eq!((both.code, both.stdout.lines().count()), (Some(0), 6), "{}", both.stderr);
    let again = of_account(&report, "123456789012", &path("again.csv"));
    let text = fs::read_to_string(&report).unwrap();
    let twice = path("twice.csv");
    fs::write(&twice, text.replace("cert_1_active", "mfa_active")).unwrap();
    let ledger = path("coverage.csv");
    fs::write(&ledger, "account_id,account_name,outcome\n123456789012,a,reported\n").unwrap();
    for (second, code, said) in [
        (again.as_str(), 64, vec!["123456789012", report.as_str(), again.as_str()]),
        (report.as_str(), 64, vec!["123456789012", report.as_str()]),
        (twice.to_str().unwrap(), 1, vec!["twice.csv", "names the column \"mfa_active\" twice"]),
        (ledger.to_str().unwrap(), 1, vec!["coverage.csv", "does not name the column user"]),
    ] {
        for as_of in [&[][..], &["--as-of", "2026-11-21"]] {
            let ended = orgscan(&[&["findings", &report, second, "--format", "csv"], as_of].concat());
            assert_eq!((ended.code, ended.stdout.as_str()), (Some(code), ""), "{second}: {}", ended.stderr);
            assert!(said.iter().all(|text| ended.stderr.contains(text)), "{said:?}: {}", ended.stderr);
        }
    }
    let alone = orgscan(&["findings", twice.to_str().unwrap()]);
    assert_eq!((alone.code, alone.stdout.as_str()), (Some(1), ""), "{}", alone.stderr);
}

#[test]
fn what_comes_through_a_pipe_can_be_read_as_a_file_can() {
    let folder = tempfile::tempdir().unwrap();
    let report = report(folder.path());
    let text = fs::read_to_string(&report).unwrap();
    let other = of_account(&report, "210987654321", &folder.path().join("other.csv"));
    let as_lines = ["findings", "--format", "jsonl", "--as-of", "2026-11-21"];
    let expected = orgscan(&[&as_lines[..], &[&report, &other]].concat()).stdout;
    for pipe in ["-", "/dev/stdin"] {
        let (code, stdout, stderr) = piped(&[&as_lines[..], &[pipe, &other]].concat(), &text);
        assert_eq!((code, stdout.as_str()), (Some(0), expected.as_str()), "{pipe}: {stderr}");
    }
    let (code, _, stderr) = piped(&[&as_lines[..], &["-", "-"]].concat(), &text);
    assert!(code == Some(64) && stderr.contains("only once"), "{stderr}");
    // The findings of the run before are read twice: once to compare, once for those that are gone.
    fs::write(&report, text.replace("robot", "new-robot")).unwrap();
    let (code, stdout, stderr) = piped(&[&as_lines[..], &[&report, "--previous", "/dev/stdin"]].concat(), &expected);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stdout.contains(r#""status":"resolved""#) && stdout.contains(r#""status":"new""#), "{stdout}");
}

#[test]
fn the_run_before_is_the_newest_that_is_older() {
    let folder = tempfile::tempdir().unwrap();
    let report = report(folder.path());
    let of_day = |day: u32, content: &str| {
        let path = folder.path().join(format!("findings-2026-11-{day}T06-00-00Z.jsonl"));
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let found = orgscan(&["findings", &report, "--format", "jsonl", "--as-of", "2026-11-18"]).stdout;
    let lines: Vec<&str> = found.split_inclusive('\n').collect();
    let [first, second, third] = [(18, 1), (19, 2), (20, 3)].map(|(day, count)| of_day(day, &lines[..count].concat()));
    let latest = folder.path().join("latest.jsonl").to_str().unwrap().to_owned();
    fs::copy(&second, &latest).unwrap();
    let broken = of_day(17, "{\n");
    let unknown = "note: what changed is not known: ";
    let none_is_older = "no findings of a run before 2026-11-20T06:00:00.9Z are at hand";
    for (previous, said) in [
        (vec![&first, &second], "; 1 new, 0 resolved"),
        (vec![&second, &first], "; 1 new, 0 resolved"),
        (vec![&third, &first], "; 2 new, 0 resolved"),
        (vec![&third, &second, &broken], "; 1 new, 0 resolved"),
        (vec![&third, &second, &broken], "note: the trend lacks a run, "),
        (vec![&third, &second], "note: 1 file of findings is not of a run before 2026-11-20T06:00:00.9Z, and left out"),
        (vec![&third], none_is_older),
        (vec![&third], unknown),
        (vec![&latest], "; 1 new, 0 resolved"),
        (vec![&broken], unknown),
        (vec![&third, &broken], "findings-2026-11-17T06-00-00Z.jsonl: line 1 of the findings"),
    ] {
        let mut arguments = vec!["findings", &report, "--format", "jsonl", "--as-of", "2026-11-20T06:00:00.9Z"];
        arguments.extend(previous.iter().flat_map(|path| ["--previous", path.as_str()]));
        let ended = orgscan(&arguments);
        assert_eq!(ended.code, Some(0), "{previous:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(said), "{previous:?}: {}", ended.stderr);
        if ended.stderr.contains(unknown) {
            assert_eq!(ended.stdout.matches(r#""status":"open""#).count(), 3, "{previous:?}: {}", ended.stdout);
        }
    }
    let copy = folder.path().join("copy-2026-11-18T06-00-00Z.jsonl").to_str().unwrap().to_owned();
    fs::copy(&first, &copy).unwrap();
    for (previous, said) in [([&first, &latest], &latest), ([&first, &copy], &copy)] {
        let previous = previous.iter().flat_map(|path| ["--previous", path.as_str()]);
        let ended = orgscan(&["findings", &report].into_iter().chain(previous).collect::<Vec<_>>());
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(64), ""), "{}", ended.stderr);
        assert!(ended.stderr.contains(said.as_str()), "{}", ended.stderr);
    }
    let digest = orgscan(&["digest", &report, "--as-of", "2026-11-20", "--previous", &broken]);
    assert!(
        digest.stdout.contains("What changed is not known: findings-2026-11-17T06-00-00Z.jsonl"),
        "{}",
        digest.stdout
    );
    assert!(digest.stderr.contains(unknown), "{}", digest.stderr);
}

#[test]
fn a_digest_writes_over_nothing_that_it_reads_or_writes() {
    let folder = tempfile::tempdir().unwrap();
    let report = report(folder.path());
    let text = fs::read_to_string(&report).unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (html, same, link) = (path("x.html"), path("./x.html"), path("link.html"));
    std::os::unix::fs::symlink(&report, &link).unwrap();
    let exemptions = path("exemptions.json");
    fs::write(&exemptions, "[]").unwrap();
    for (outputs, said) in [
        (vec!["--html", &html, "--text", &html], "--html already"),
        (vec!["--page", &html, "--text", &same], "--text already"),
        (vec!["--html", &report], "read already"),
        (vec!["--text", &link], "read already"),
        (vec!["--exemptions", &exemptions, "--page", &exemptions], "read already"),
    ] {
        let ended = orgscan(&[&["digest", &report], &outputs[..]].concat());
        assert_eq!(ended.code, Some(64), "{outputs:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(said), "{outputs:?}: {}", ended.stderr);
    }
    assert_eq!(fs::read_to_string(&report).unwrap(), text);
    assert!(!Path::new(&html).exists());
    assert_eq!(orgscan(&["digest", &report, "--html", &html, "--text", &path("x.txt")]).code, Some(0));
}

#[test]
fn a_digest_takes_the_place_of_no_link_and_of_nothing_but_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let report = report(folder.path());
    let [target, link] = ["digest.html", "link.html"].map(|name| folder.path().join(name));
    fs::write(&target, "before").unwrap();
    std::os::unix::fs::symlink(&target, &link).unwrap();
    let made = orgscan(&["digest", &report, "--as-of", "2026-11-21", "--html", link.to_str().unwrap()]);
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(fs::read_to_string(&target).unwrap().starts_with("<!DOCTYPE html>"));
    // Not as a device: a test must not be able to harm the machine it runs on.
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || fs::read_to_string(pipe).unwrap()
    });
    let made = orgscan(&["digest", &report, "--as-of", "2026-11-21", "--html", pipe.to_str().unwrap()]);
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    assert!(reader.join().unwrap().starts_with("<!DOCTYPE html>"));
    assert!(!fs::metadata(&pipe).unwrap().is_file());
}
