//! The door, roles, places and tenants.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::server::{Invited, Server};
use crate::visitor::{Device, Visitor};

fn where_is(visitor: &Visitor) -> &str {
    visitor.last("view")["view"]["where"].as_str().unwrap()
}

fn code(answer: &Value) -> &str {
    answer["refusal"]["code"].as_str().unwrap_or_else(|| panic!("not refused: {answer}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_early_still_waits_when_the_mediator_enters() {
    let server = Server::start().await;
    let room = server.room().await;
    let a = Visitor::arrive(&server, &room.a, &Device::new()).await;
    assert_eq!(where_is(&a), "waiting");
    let mut mediator = Visitor::arrive(&server, &room.mediator, &Device::new()).await;
    assert_eq!(where_is(&mediator), "inside");
    assert_eq!(where_is(&a), "waiting");
    let done = mediator.command(json!({ "type": "admit", "participant": room.a.participant })).await;
    assert_eq!(done["type"], "done");
    drop(a);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_person_gets_nothing_of_the_room_whatever_they_ask() {
    let server = Server::start().await;
    let room = server.room().await;
    let _mediator = Visitor::arrive(&server, &room.mediator, &Device::new()).await;
    let mut a = Visitor::arrive(&server, &room.a, &Device::new()).await;
    for command in [
        json!({ "type": "say", "to": "everyone", "text": "hello" }),
        json!({ "type": "set_camera", "on": true }),
        json!({ "type": "admit", "participant": room.a.participant }),
        json!({ "type": "open_papers", "template": "payment" }),
    ] {
        assert_eq!(code(&a.command(command).await), "not_inside");
    }
    a.send(&json!({ "type": "offer", "id": uuid::Uuid::new_v4(), "sdp": "v=0\r\n", "publications": [] })).await;
    assert_eq!(code(&a.hear("refused").await), "not_inside");
    let paper = json!({ "type": "read_paper", "id": uuid::Uuid::new_v4(), "document_digest": "00".repeat(32) });
    a.send(&paper).await;
    assert_eq!(code(&a.hear("refused").await), "no_such_paper");
    let heard = serde_json::to_string(&a.heard).unwrap();
    for secret in ["主持调解员", "乙方当事人", "民初1号", "合同纠纷"] {
        assert!(!heard.contains(secret), "the waiting person was told {secret}");
    }
    assert!(heard.contains("甲方当事人"), "the control: one's own name is told");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_party_cannot_do_what_is_the_mediators_and_no_message_changes_a_role() {
    let server = Server::start().await;
    let room = server.room().await;
    let mut mediator = Visitor::arrive(&server, &room.mediator, &Device::new()).await;
    let mut a = Visitor::arrive(&server, &room.a, &Device::new()).await;
    mediator.command(json!({ "type": "admit", "participant": room.a.participant })).await;
    a.until(|message| message["view"]["where"] == "inside").await;
    for command in [
        json!({ "type": "admit", "participant": room.b.participant }),
        json!({ "type": "remove", "participant": room.mediator.participant, "reason": "" }),
        json!({ "type": "deliver_notices" }),
        json!({ "type": "ask_recording", "request": uuid::Uuid::new_v4() }),
        json!({ "type": "freeze_agreement", "in_part": false }),
        json!({ "type": "end", "ending": "other", "report": {
            "situation": "x", "reason": "x", "costly_conduct": "", "alert": "" } }),
    ] {
        assert_eq!(code(&a.command(command).await), "not_allowed");
    }
    a.send(&json!({ "type": "command", "id": uuid::Uuid::new_v4(),
        "command": { "type": "leave", "role": "presiding_mediator" } }))
        .await;
    assert_eq!(a.hear("closed").await["reason"], "protocol");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_person_is_out_at_once_and_the_invitation_is_dead_for_good() {
    let server = Server::start().await;
    let room = server.room().await;
    let device = Device::new();
    let mut mediator = Visitor::arrive(&server, &room.mediator, &Device::new()).await;
    let mut a = Visitor::arrive(&server, &room.a, &device).await;
    mediator.command(json!({ "type": "admit", "participant": room.a.participant })).await;
    mediator.command(json!({ "type": "remove", "participant": room.a.participant, "reason": "" })).await;
    assert_eq!(a.hear("closed").await["reason"], "out");
    for device in [device, Device::new()] {
        let again = Visitor::arrive(&server, &room.a, &device).await;
        assert_eq!(again.last("closed")["reason"], "invitation_dead");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_a_revoked_and_a_malformed_invitation_get_the_same_answer() {
    let server = Server::start().await;
    let room = server.room().await;
    let path = format!("/api/v1/rooms/{}/invitations/{}", room.id, room.a.participant);
    let (status, _) = server.call("one", Method::DELETE, &path, Value::Null).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let unknown = "A".repeat(43);
    let mut answers = Vec::new();
    for secret in [room.a.secret.as_str(), unknown.as_str(), "", "'; DROP TABLE invitation; --"] {
        let invited = Invited { participant: String::new(), secret: secret.to_owned() };
        let visitor = Visitor::arrive(&server, &invited, &Device::new()).await;
        answers.push(visitor.last("closed").clone());
        assert!(visitor.heard.iter().all(|message| message["type"] != "welcome"));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!(answers[0]["reason"], "invitation_dead");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_device_cannot_evict_the_first_and_the_same_device_takes_its_own_place_back() {
    let server = Server::start().await;
    let room = server.room().await;
    let device = Device::new();
    let mut first = Visitor::arrive(&server, &room.a, &device).await;
    let other = Visitor::arrive(&server, &room.a, &Device::new()).await;
    assert_eq!(other.last("closed")["reason"], "live_elsewhere");
    assert_eq!(code(&first.command(json!({ "type": "leave_caucus" })).await), "not_inside", "the first is still heard");
    let again = Visitor::arrive(&server, &room.a, &device).await;
    assert_eq!(where_is(&again), "waiting");
    assert_eq!(first.hear("closed").await["reason"], "replaced");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_over_another_challenge_opens_nothing() {
    let server = Server::start().await;
    let room = server.room().await;
    let device = Device::new();
    let mut visitor = Visitor::connect(&server).await;
    visitor.hear("challenge").await;
    let proof = device.sign("accord.v1 hello of another day");
    let key = device.public_key();
    let hello = json!({ "type": "hello", "invitation": room.a.secret, "device_key": key, "proof": proof });
    visitor.send(&hello).await;
    assert_eq!(visitor.hear("closed").await["reason"], "protocol");
    assert!(visitor.heard.iter().all(|message| message["type"] != "welcome"));
    let control = Visitor::arrive(&server, &room.a, &device).await;
    assert_eq!(where_is(&control), "waiting", "the control: the right proof opens the door");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_tenants_room_is_as_if_it_did_not_exist() {
    let server = Server::start().await;
    let room = server.room().await;
    let mine = server.call("one", Method::GET, &format!("/api/v1/rooms/{}", room.id), Value::Null).await;
    assert_eq!(mine.0, StatusCode::OK, "the control");
    let foreign = server.call("two", Method::GET, &format!("/api/v1/rooms/{}", room.id), Value::Null).await;
    let unknown =
        server.call("two", Method::GET, &format!("/api/v1/rooms/{}", uuid::Uuid::new_v4()), Value::Null).await;
    assert_eq!(foreign.0, StatusCode::NOT_FOUND);
    assert_eq!(foreign, unknown);
    server.stop().await;
}
