//! Our own format: a finding is a JSON object on a line.

use std::io::{self, Write};

use super::Lines;
use crate::assessment::Sink;
use crate::finding::Finding;

/// Writes findings as JSON lines, which [`Finding`] reads back.
#[derive(Debug)]
pub struct JsonLines<W>(Lines<W>);

impl<W: Write> JsonLines<W> {
    /// Lines in `to`.
    pub fn new(to: W) -> Self {
        Self(Lines::new(to))
    }

    /// Ends the lines and gives back what they were written to.
    ///
    /// # Errors
    /// What is left of them cannot be written.
    pub fn finish(self) -> io::Result<W> {
        self.0.finish()
    }
}

impl<W: Write> Sink for JsonLines<W> {
    fn finding(&mut self, finding: &Finding<'_>) -> io::Result<()> {
        self.0.write(finding)
    }
}

#[cfg(test)]
mod tests {
    use super::super::examples;
    use super::*;

    #[test]
    fn findings_as_json_lines_are_the_same_to_the_byte_and_read_back() {
        let findings = [examples::plain(), examples::hostile()];
        let mut lines = JsonLines::new(Vec::new());
        for finding in &findings {
            lines.finding(finding).unwrap();
        }
        let text = String::from_utf8(lines.finish().unwrap()).unwrap();
        let expected = concat!(
            r#"{"account_id":"000000000012","account_name":"Sandbox","ou_path":"o-a/r-b/ou-b-c/","user":"alice","#,
            r#""user_arn":"arn:aws:iam::000000000012:user/alice","rule":"unused-key","credential":"access_key_2","#,
            r#""severity":"medium","cis":"2.11","status":"open","since":"2026-11-01","age_days":45,"#,
            r#""detail":"Access key 2 was last used 45 days ago."}"#,
            "\n",
            r#"{"account_id":"000000000012","account_name":"=1+1","ou_path":"","#,
            r#""user":"a,\"b\"\r\n<img src=x>"#,
            "\u{202e}",
            r#"\u0000中","user_arn":"","rule":"rule-of-tomorrow","credential":"access_key_2","severity":"medium","#,
            r#""cis":null,"status":"exempted","since":"some day","detail":"-","covered":false}"#,
            "\n",
        );
        assert_eq!(text, expected);
        let back: Vec<Finding<'_>> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(back, findings);
    }

    #[test]
    fn a_line_is_written_in_one_piece_and_a_failure_is_the_writers() {
        struct Pieces(Vec<Vec<u8>>, usize);
        impl Write for Pieces {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                if self.0.len() == self.1 {
                    return Err(io::ErrorKind::StorageFull.into());
                }
                self.0.push(bytes.to_vec());
                Ok(bytes.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut lines = JsonLines::new(Pieces(Vec::new(), 2));
        lines.finding(&examples::plain()).unwrap();
        lines.finding(&examples::hostile()).unwrap();
        let error = lines.finding(&examples::plain()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert!(lines.finish().unwrap().0.iter().all(|piece| piece.ends_with(b"}\n")));
    }
}
