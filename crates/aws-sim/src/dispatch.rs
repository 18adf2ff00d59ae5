//! What happens to a request: it is counted, held against quotas and planned faults, carried out and answered in its
//! time.

use std::future::pending;

use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::{Request, Response};
use tokio::time::{Instant, sleep_until};

use crate::answer::Answer;
use crate::body::Body;
use crate::call::{Call, Input};
use crate::control;
use crate::faults::Fault;
use crate::operation::Operation;
use crate::problem::Problem;
use crate::s3::{self, Failure};
use crate::sending::send;
use crate::server::Lost;
use crate::services::{account_management, dynamodb, iam, organizations, ses, sts, tagging};
use crate::understanding::understand;
use crate::wire::Line;
use crate::world::World;

/// Answers a request, or leaves it without an answer.
pub(crate) async fn answer(world: &World, request: Request<Incoming>, line: &Line) -> Result<Response<Body>, Lost> {
    let arrived = Instant::now();
    let (head, body) = request.into_parts();
    if let Some(answer) = control::answer(world, &head) {
        return send(answer, None, None, &head.method, line).await;
    }
    let (mut call, body) = understand(world, &head, body).await?;
    world.counters.called(call.operation, call.about);
    let (answer, fault) = carry_out(world, &mut call, body, arrived).await?;
    let at = arrived + world.latency(call.request_id) + answer.late;
    if at > Instant::now() {
        sleep_until(at).await;
    }
    send(answer, Some(call.request_id), fault, &head.method, line).await
}

/// The answer to a call, and the fault that happens to the answer.
async fn carry_out(
    world: &World,
    call: &mut Call,
    body: Option<Incoming>,
    arrived: Instant,
) -> Result<(Answer, Option<Fault>), Lost> {
    let operation = call.operation;
    if is_throttled(world, call, arrived) {
        world.counters.throttled(operation);
        return Ok((refused(call, &Problem::throttled(operation.service()), body).await?, None));
    }
    let fault = world.plan.pick(call, world.clock.elapsed(arrived));
    if let Some(fault) = fault {
        world.counters.faulted(operation);
        if fault == Fault::Hang {
            // Only where nothing more comes from it is a client seen to go.
            drain(body).await?;
            return pending().await;
        }
        if let Some(problem) = fault.problem(call) {
            return Ok((refused(call, &problem, body).await?, None));
        }
        call.page_fault = fault.page();
    }
    if let Some(problem) = s3::refusal(call) {
        return Ok((refused(call, &problem, body).await?, None));
    }
    match operate(world, call, body, arrived).await {
        Ok(_) if fault == Some(Fault::HangAfterwards) => pending().await,
        Ok(answer) => {
            if fault.is_none() {
                world.counters.succeeded(operation);
            }
            Ok((answer, fault))
        }
        Err(Failure::Problem(problem)) => Ok((failed(call, &problem), fault)),
        Err(Failure::Lost) => Err(Lost),
    }
}

fn is_throttled(world: &World, call: &Call, arrived: Instant) -> bool {
    let at = world.clock.elapsed(arrived);
    world.settings.quotas && !world.quotas.admit(call.operation, call.caller, call.place.organization, call.region, at)
}

async fn operate(world: &World, call: &Call, body: Option<Incoming>, now: Instant) -> Result<Answer, Failure> {
    Ok(match (call.operation, &call.input, body) {
        (_, Input::Object(request), Some(body)) => s3::answer(world, call, request, body).await?,
        (_, _, Some(body)) => {
            drain(Some(body)).await.map_err(|_| Failure::Lost)?;
            return Err(call.misunderstood().into());
        }
        (_, Input::AssumeRole(input), _) => sts::assume_role(world, call, input, now)?,
        (_, Input::GetResources(input), _) => tagging::get_resources(world, call, input)?,
        (_, Input::ListAccounts(input), _) => organizations::list_accounts(world, call, input)?,
        (_, Input::ListRegions(input), _) => account_management::list_regions(world, call, input)?,
        (_, Input::ListTagsForResource(input), _) => organizations::list_tags_for_resource(world, call, input)?,
        (_, Input::Scan(input), _) => dynamodb::scan(world, call, input)?,
        (Operation::DescribeOrganization, Input::Nothing, _) => organizations::describe_organization(call),
        (Operation::GenerateCredentialReport, ..) => iam::generate_credential_report(world, call, now),
        (Operation::GetCallerIdentity, ..) => sts::get_caller_identity(call),
        (Operation::GetCredentialReport, ..) => iam::get_credential_report(world, call, now)?,
        (Operation::SendEmail, ..) => ses::send_email(call),
        _ => return Err(call.misunderstood().into()),
    })
}

/// An error in place of what was asked for. The body is taken in first: a client that is still sending would not see
/// the answer.
async fn refused(call: &Call, problem: &Problem, body: Option<Incoming>) -> Result<Answer, Lost> {
    drain(body).await?;
    Ok(failed(call, problem))
}

async fn drain(body: Option<Incoming>) -> Result<(), Lost> {
    let Some(mut body) = body else { return Ok(()) };
    while let Some(frame) = body.frame().await {
        frame.map_err(|_| Lost)?;
    }
    Ok(())
}

fn failed(call: &Call, problem: &Problem) -> Answer {
    Answer::problem(call.protocol, call.operation, call.request_id, problem)
}
