//! SES: mail that goes nowhere.

use serde::Serialize;

use crate::answer::Answer;
use crate::call::Call;

pub(crate) fn send_email(call: &Call) -> Answer {
    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Sent {
        message_id: String,
    }
    Answer::json(call.protocol, &Sent { message_id: format!("{}-000000", call.request_id) })
}
