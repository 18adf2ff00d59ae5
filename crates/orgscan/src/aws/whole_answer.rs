//! An answer in XML that breaks off, as a proxy may cut it, is read as far as it goes by the SDK: half of a credential report
//! looks like a shorter one. What does not end as it began is an answer that broke off.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// Refuses answers in XML that are not whole. For clients of services that answer in XML.
#[derive(Debug)]
pub(super) struct WholeAnswer;

#[derive(Debug, thiserror::Error)]
#[error("the answer broke off")]
struct BrokeOff;

impl Intercept for WholeAnswer {
    fn name(&self) -> &'static str {
        "WholeAnswer"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        match response.body().bytes() {
            // An object's bytes are still on their way, and an error says what it is by its status too.
            Some(body) if response.status().is_success() && !is_whole(body) => Err(BrokeOff.into()),
            _ => Ok(()),
        }
    }
}

/// Whether XML ends with the end of its first element; what is no XML is none of it, and for others to judge.
fn is_whole(body: &[u8]) -> bool {
    let body = body.trim_ascii();
    let Some(root) = root(body) else { return true };
    let length = root.iter().position(|byte| byte.is_ascii_whitespace() || b"/>".contains(byte)).unwrap_or(root.len());
    let (name, rest) = root.split_at(length);
    let is_empty_element = rest.ends_with(b"/>") && !rest.contains(&b'<');
    let before_end = rest.strip_suffix(b">").and_then(|rest| rest.trim_ascii_end().strip_suffix(name));
    is_empty_element || before_end.is_some_and(|rest| rest.ends_with(b"</"))
}

/// From the name of the first element on; none where the text does not begin like XML.
fn root(body: &[u8]) -> Option<&[u8]> {
    if !body.starts_with(b"<?") {
        return body.strip_prefix(b"<");
    }
    let end = body.windows(2).position(|two| two == b"?>")?;
    body.get(end + 2..)?.trim_ascii_start().strip_prefix(b"<")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::canned::{Answer, Canned, ok, session, world};
    use crate::error::CallErrorKind;
    use crate::ports::CredentialReports;

    const WHOLE: &str = "<?xml version=\"1.0\"?>\n<GetCredentialReportResponse xmlns=\"a\"><GetCredentialReportResult>\
        <Content>dXNlcixhcm4KPHJvb3RfYWNjb3VudD4sw7w=</Content><ReportFormat>text/csv</ReportFormat>\
        <GeneratedTime>2026-11-21T05:30:00Z</GeneratedTime></GetCredentialReportResult>\
        </GetCredentialReportResponse>\n";

    #[test]
    fn xml_is_whole_where_it_ends_as_it_began() {
        let first = WHOLE.find("<Get").unwrap() + 2;
        for end in first..WHOLE.trim_end().len() {
            let cut = WHOLE.get(..end).unwrap();
            assert!(!is_whole(cut.as_bytes()), "{cut}");
        }
        for whole in [WHOLE, "", "{\"json\": 1}", "<a/>", "<?xml version=\"1.0\"?><a b=\"c\"/>", "<a></a >", "user,arn"]
        {
            assert!(is_whole(whole.as_bytes()), "{whole}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_report_that_broke_off_is_asked_for_again() {
        for end in [WHOLE.find("</Content>").unwrap() - 12, WHOLE.find("<ReportFormat>").unwrap()] {
            let cut = || ok(WHOLE.get(..end).unwrap());
            let canned = Canned::new([cut(), ok(WHOLE)]);
            let world = world(&canned);
            let report = world.credential_report(&session(&world)).await.unwrap();
            assert_eq!(report.content, "user,arn\n<root_account>,ü".as_bytes());
        }
        let cut: Vec<Answer> = vec![ok(WHOLE.get(..WHOLE.len() - 9).unwrap()); 7];
        let world = world(&Canned::new(cut));
        let error = world.credential_report(&session(&world)).await.unwrap_err();
        assert_eq!(error.kind, CallErrorKind::Unavailable);
        assert!(error.chain().contains("the answer broke off"), "{}", error.chain());
    }
}
