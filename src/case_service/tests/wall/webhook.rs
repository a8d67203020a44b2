//! Webhooks at their receiver.

use accord_case_service::delivery::{Received, WebhookRefusal, WebhookSecret, verify_webhook};
use http::HeaderMap;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const TIME_S: u64 = 1_614_265_330;
const BODY: &[u8] = br#"{"test": 2432232314}"#;
/// Computed with Node's HMAC; also the example of the specification's reference libraries.
const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

fn secret() -> WebhookSecret {
    SECRET.parse().unwrap()
}

fn headers(id: &str, timestamp: &str, signature: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("webhook-id", id.parse().unwrap());
    headers.insert("webhook-timestamp", timestamp.parse().unwrap());
    headers.insert("webhook-signature", signature.parse().unwrap());
    headers
}

fn verify(headers: &HeaderMap, body: &[u8], now_s: u64) -> Result<Received, WebhookRefusal> {
    verify_webhook(&secret(), headers, body, now_s)
}

#[test]
fn a_signature_is_that_of_other_implementations() {
    assert_eq!(secret().sign(ID, TIME_S, BODY), SIGNATURE);
    let received = verify(&headers(ID, "1614265330", SIGNATURE), BODY, TIME_S).unwrap();
    assert_eq!(received, Received { id: ID.into(), timestamp_s: TIME_S });
}

#[test]
fn a_webhook_with_another_body_id_time_or_secret_is_refused() {
    let good = headers(ID, "1614265330", SIGNATURE);
    assert_eq!(verify(&good, b"{\"test\": 2432232315}", TIME_S), Err(WebhookRefusal::BadSignature));
    assert_eq!(verify(&good, b"", TIME_S), Err(WebhookRefusal::BadSignature));
    let other_id = headers("msg_other", "1614265330", SIGNATURE);
    assert_eq!(verify(&other_id, BODY, TIME_S), Err(WebhookRefusal::BadSignature));
    let other_time = headers(ID, "1614265331", SIGNATURE);
    assert_eq!(verify(&other_time, BODY, TIME_S), Err(WebhookRefusal::BadSignature));
    let other_secret: WebhookSecret = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".parse().unwrap();
    assert_eq!(verify_webhook(&other_secret, &good, BODY, TIME_S), Err(WebhookRefusal::BadSignature));
}

#[test]
fn a_webhook_replayed_after_its_window_or_from_the_future_is_refused() {
    let good = headers(ID, "1614265330", SIGNATURE);
    assert!(verify(&good, BODY, TIME_S + 300).is_ok());
    assert!(verify(&good, BODY, TIME_S - 300).is_ok());
    assert_eq!(verify(&good, BODY, TIME_S + 301), Err(WebhookRefusal::OutOfTime));
    assert_eq!(verify(&good, BODY, TIME_S - 301), Err(WebhookRefusal::OutOfTime));
    assert_eq!(verify(&good, BODY, 0), Err(WebhookRefusal::OutOfTime));
    assert_eq!(verify(&good, BODY, u64::MAX), Err(WebhookRefusal::OutOfTime));
}

#[test]
fn one_good_signature_among_others_is_enough_so_that_secrets_can_change() {
    let several = format!("v1a,abc v1,AAAA v1,!! {SIGNATURE}");
    assert!(verify(&headers(ID, "1614265330", &several), BODY, TIME_S).is_ok());
    let too_late = format!("{}{SIGNATURE}", "v1,AAAA ".repeat(8));
    assert_eq!(verify(&headers(ID, "1614265330", &too_late), BODY, TIME_S), Err(WebhookRefusal::BadSignature));
}

#[test]
fn a_signature_of_another_version_or_shape_is_refused() {
    let bare = SIGNATURE.trim_start_matches("v1,");
    for signature in [bare, &format!("v2,{bare}"), "v1,", "v1", ",", "v1,g0hM"] {
        let refused = verify(&headers(ID, "1614265330", signature), BODY, TIME_S);
        assert_eq!(refused, Err(WebhookRefusal::BadSignature), "{signature}");
    }
}

#[test]
fn a_missing_doubled_or_unreadable_header_is_refused() {
    let good = headers(ID, "1614265330", SIGNATURE);
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        let mut without = good.clone();
        without.remove(name);
        assert_eq!(verify(&without, BODY, TIME_S), Err(WebhookRefusal::BadHeader), "no {name}");
        let mut doubled = good.clone();
        doubled.append(name, good[name].clone());
        assert_eq!(verify(&doubled, BODY, TIME_S), Err(WebhookRefusal::BadHeader), "two {name}");
    }
    for timestamp in ["", "now", "-1", "+1614265330", "1614265330.0", "99999999999999999999"] {
        let refused = verify(&headers(ID, timestamp, SIGNATURE), BODY, TIME_S);
        assert_eq!(refused, Err(WebhookRefusal::BadHeader), "{timestamp}");
    }
}

#[test]
fn a_secret_that_is_too_short_or_no_secret_is_refused_and_none_is_ever_printed() {
    for text in
        ["", "whsec_", "whsec_AAAA", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!"]
    {
        assert!(text.parse::<WebhookSecret>().is_err(), "{text}");
    }
    assert_eq!(format!("{:?}", secret()), "WebhookSecret");
}
