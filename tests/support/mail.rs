//! A stand-in for `SESv2` that keeps messages whole (aws-ses-v2-local).

use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::http;
use crate::process::Process;
use crate::tools;

/// The running stand-in.
#[derive(Debug)]
pub struct MailStandIn {
    _process: Process,
    address: SocketAddr,
}

impl MailStandIn {
    /// Starts it on a free port.
    pub fn start() -> Self {
        let mut command = Command::new("node");
        command
            .arg(tools::mail_packages().join("node_modules/aws-ses-v2-local/dist/cli.js"))
            .args(["--host", "127.0.0.1", "--port", "0"])
            .env_clear()
            .env("PATH", tools::search_path_with_node());
        let mut process = Process::start("aws-ses-v2-local", &mut command);
        let port: u16 = process.wait_for_line(Duration::from_secs(30), |line| {
            line.split_once("server running at http://localhost:").and_then(|(_, port)| port.parse().ok())
        });
        Self { _process: process, address: SocketAddr::from(([127, 0, 0, 1], port)) }
    }

    /// The value of `AWS_ENDPOINT_URL_SESV2`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every message it took, as it keeps them: `subject`, `body.html`, `body.text`, `attachments[].content` in base64.
    pub fn messages(&self) -> Vec<Value> {
        let (_, body) = http::get(self.address, "/store").expect("the stand-in answers");
        let store: Value = serde_json::from_slice(&body).expect("the store is JSON");
        store["emails"].as_array().cloned().expect("the store has a list of emails")
    }
}

/// The bytes of a text in base64, as attachments are kept.
pub fn decode_base64(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut buffer, mut bits) = (0_u32, 0);
    for byte in text.bytes().filter(|byte| *byte != b'=') {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => panic!("{:?} is not base64", char::from(byte)),
        };
        buffer = buffer << 6 | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((buffer >> bits & 0xff) as u8);
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_of_every_length_is_decoded() {
        for (text, bytes) in [("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYmE=", "fooba")] {
            assert_eq!(decode_base64(text), bytes.as_bytes());
        }
        assert_eq!(decode_base64("+/8="), [0xfb, 0xff]);
    }
}
