//! Deliveries against receivers on 127.0.0.1: well-behaved, failing and hostile.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use accord_case_service::api::OutcomeFact;
use accord_case_service::delivery::{
    BadDestination, Delivery, DeliveryError, DeliveryWorker, Destination, Outbox, OutboxError, ResultNotice,
    WebhookClient, WebhookSecret, verify_webhook,
};
use accord_case_service::limits::WEBHOOK_BUNDLE_BYTES_MAX;
use accord_room::{RoomId, TenantId};
use rustls::RootCertStore;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc};
use url::Url;
use uuid::Uuid;

use crate::http_exchange::{Message, answer, read};

const LOCAL: &str = "127.0.0.1";

fn secret() -> WebhookSecret {
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse().unwrap()
}

fn client() -> WebhookClient {
    WebhookClient::with_roots(RootCertStore::empty())
}

fn allowed(url: &str) -> Destination {
    Destination::new(url, secret(), &[LOCAL.into(), "localhost".into()]).unwrap()
}

/// A receiver that gives one answer after the other, the last one for ever, and tells what it got.
async fn receiver(answers: &'static [&'static str]) -> (u16, mpsc::UnboundedReceiver<Message>) {
    let listener = TcpListener::bind((LOCAL, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (got, gets) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut answers = answers.iter().peekable();
        while let Ok((mut stream, _)) = listener.accept().await {
            let Some(message) = read(&mut stream).await else { continue };
            let status = if answers.len() > 1 { answers.next().unwrap() } else { answers.peek().unwrap() };
            let (status, extra) = status.split_once('|').unwrap_or((status, ""));
            let _ = got.send(message);
            answer(&mut stream, status, extra).await;
        }
    });
    (port, gets)
}

async fn deliver(client: &WebhookClient, destination: &Destination, body: &'static [u8]) -> Result<(), DeliveryError> {
    client.deliver(destination, "delivery-1", 1_790_000_000, body.into()).await
}

#[tokio::test]
async fn a_webhook_arrives_signed_at_exactly_its_address() {
    let (port, mut gets) = receiver(&["204 No Content"]).await;
    let destination = allowed(&format!("http://{LOCAL}:{port}/results?from=accord"));
    deliver(&client(), &destination, b"{\"type\":\"result\"}").await.unwrap();
    let message = gets.recv().await.unwrap();
    assert_eq!(message.start, "POST /results?from=accord HTTP/1.1");
    assert_eq!(message.header("host"), Some(format!("{LOCAL}:{port}").as_str()));
    assert_eq!(message.header("content-type"), Some("application/json"));
    let received = verify_webhook(&secret(), &message.header_map(), &message.body, 1_790_000_000).unwrap();
    assert_eq!(received.id, "delivery-1");
}

#[tokio::test]
async fn anything_but_2xx_is_not_received() {
    for (status, code) in
        [("199 Odd", 199), ("304 Not Modified", 304), ("400 Bad", 400), ("410 Gone", 410), ("500 Oh", 500)]
    {
        let (port, _gets) = receiver(Box::leak(vec![status].into_boxed_slice())).await;
        let refused = deliver(&client(), &allowed(&format!("http://{LOCAL}:{port}/")), b"{}").await.unwrap_err();
        let is_informational = code < 200;
        if is_informational {
            assert_eq!(refused, DeliveryError::Broken, "an interim answer is none");
        } else {
            assert_eq!(refused, DeliveryError::Refused(code));
        }
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (elsewhere, mut gets_elsewhere) = receiver(&["200 OK"]).await;
    for status in ["301", "302", "303", "307", "308"] {
        let answer = format!("{status} Moved|location: http://{LOCAL}:{elsewhere}/\r\n");
        let answers: &'static [&'static str] = Box::leak(vec![&*answer.leak()].into_boxed_slice());
        let (port, _gets) = receiver(answers).await;
        let refused = deliver(&client(), &allowed(&format!("http://{LOCAL}:{port}/")), b"{}").await;
        assert_eq!(refused, Err(DeliveryError::Refused(status.parse().unwrap())));
    }
    assert!(gets_elsewhere.try_recv().is_err());
}

#[tokio::test]
async fn loopback_private_and_metadata_addresses_are_refused_in_every_spelling_before_a_connection_is_made() {
    let listener = TcpListener::bind((LOCAL, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let hosts = [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.0.0.1.",
        "0.0.0.0",
        "0",
        "localhost",
        "LOCALHOST",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "169.254.169.254",
        "[::ffff:169.254.169.254]",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "100.64.0.1",
        "１２７.０.０.１",
        "①②⑦.0.0.1",
    ];
    for host in hosts {
        let destination = Destination::new(&format!("https://{host}:{port}/"), secret(), &[]).unwrap();
        assert_eq!(deliver(&client(), &destination, b"{}").await, Err(DeliveryError::Forbidden), "{host}");
    }
    let knock = std::future::poll_fn(|context| std::task::Poll::Ready(listener.poll_accept(context).is_ready())).await;
    assert!(!knock, "somebody connected");
}

#[tokio::test]
async fn allowing_one_private_host_allows_no_other() {
    let (port, _gets) = receiver(&["200 OK"]).await;
    let allow = ["localhost".to_owned()];
    let other = Destination::new(&format!("https://{LOCAL}:{port}/"), secret(), &allow).unwrap();
    assert_eq!(deliver(&client(), &other, b"{}").await, Err(DeliveryError::Forbidden));
    let named = Destination::new(&format!("http://localhost:{port}/"), secret(), &allow).unwrap();
    assert_eq!(deliver(&client(), &named, b"{}").await, Ok(()));
}

#[test]
fn an_address_without_tls_with_a_password_or_of_another_kind_is_no_destination() {
    let refused = |url: &str| Destination::new(url, secret(), &[LOCAL.into()]).err();
    assert_eq!(refused("http://court.example/"), Some(BadDestination::NotConfidential));
    assert_eq!(refused("ftp://court.example/"), Some(BadDestination::NotConfidential));
    assert_eq!(refused("gopher://127.0.0.1/"), Some(BadDestination::NotConfidential));
    assert_eq!(refused("file:///etc/passwd"), Some(BadDestination::NoAddress));
    assert_eq!(refused("/results"), Some(BadDestination::NoAddress));
    assert_eq!(refused("https://user:password@court.example/"), Some(BadDestination::Secrets));
    assert_eq!(refused("https://court.example/#secret"), Some(BadDestination::Secrets));
    assert_eq!(refused("https://127.0.0.1@court.example/"), Some(BadDestination::Secrets));
    assert_eq!(refused("https://court.example/results"), None);
    assert_eq!(refused("http://127.0.0.1:8081/"), None);
}

#[tokio::test]
async fn an_endless_answer_is_not_read() {
    let listener = TcpListener::bind((LOCAL, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let writing = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        read(&mut stream).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        let endless = vec![b'x'; 65_536];
        while stream.write_all(&endless).await.is_ok() {}
    });
    assert_eq!(deliver(&client(), &allowed(&format!("http://{LOCAL}:{port}/")), b"{}").await, Ok(()));
    writing.await.unwrap();
}

#[tokio::test]
async fn an_endless_head_is_cut_off() {
    let listener = TcpListener::bind((LOCAL, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let writing = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        read(&mut stream).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\n").await.unwrap();
        while stream.write_all(b"x: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n").await.is_ok()
        {
        }
    });
    let refused = deliver(&client(), &allowed(&format!("http://{LOCAL}:{port}/")), b"{}").await;
    assert_eq!(refused, Err(DeliveryError::Broken));
    writing.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_never_answers_is_left_after_the_deadline() {
    let listener = TcpListener::bind((LOCAL, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let refused = deliver(&client(), &allowed(&format!("http://{LOCAL}:{port}/")), b"{}").await;
    assert_eq!(refused, Err(DeliveryError::TimedOut));
}

#[tokio::test]
async fn a_receiver_that_hangs_up_or_is_not_there_has_not_received() {
    let listener = TcpListener::bind((LOCAL, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let destination = allowed(&format!("http://{LOCAL}:{port}/"));
    let hang_up = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        read(&mut stream).await.unwrap();
    };
    let client = client();
    let (refused, ()) = tokio::join!(deliver(&client, &destination, b"{}"), hang_up);
    assert_eq!(refused, Err(DeliveryError::Broken));
    drop(listener);
    assert_eq!(deliver(&client, &destination, b"{}").await, Err(DeliveryError::Unreachable));
}

#[tokio::test]
async fn over_tls_only_a_trusted_certificate_of_the_right_name_receives() {
    let certified = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let certificate = certified.cert.der().clone();
    let key = rustls::pki_types::PrivateKeyDer::try_from(certified.signing_key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind((LOCAL, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            if read(&mut stream).await.is_some() {
                answer(&mut stream, "200 OK", "").await;
            }
        }
    });
    let named = allowed(&format!("https://localhost:{port}/"));
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let trusting = WebhookClient::with_roots(roots);
    assert_eq!(deliver(&trusting, &named, b"{}").await, Ok(()));
    assert_eq!(deliver(&client(), &named, b"{}").await, Err(DeliveryError::Untrusted));
    let by_address = allowed(&format!("https://{LOCAL}:{port}/"));
    assert_eq!(deliver(&trusting, &by_address, b"{}").await, Err(DeliveryError::Untrusted));
}

#[derive(Default)]
struct MemoryOutbox {
    entries: Mutex<Vec<Delivery>>,
    delivered: Mutex<Vec<Uuid>>,
    failures: Mutex<Vec<(Uuid, String)>>,
    changed: Notify,
}

impl MemoryOutbox {
    fn with(entries: Vec<Delivery>) -> Arc<Self> {
        Arc::new(Self { entries: Mutex::new(entries), ..Self::default() })
    }

    async fn until(&self, holds: impl Fn(&Self) -> bool) {
        while !holds(self) {
            self.changed.notified().await;
        }
    }
}

struct Shared(Arc<MemoryOutbox>);

impl Outbox for Shared {
    async fn due(&self, _now_ms: u64, _count_max: u32) -> Result<Vec<Delivery>, OutboxError> {
        Ok(self.0.entries.lock().unwrap().clone())
    }

    async fn notice(&self, delivery: &Delivery) -> Result<ResultNotice, OutboxError> {
        Ok(ResultNotice::new(
            &Url::parse("https://accord.example").unwrap(),
            (&delivery.tenant, delivery.room),
            "case-1".into(),
            (1, delivery.case_number.clone()),
            OutcomeFact::Agreed,
            b"PK bundle".to_vec(),
        ))
    }

    async fn delivered(&self, delivery: &Delivery, _at_ms: u64) -> Result<(), OutboxError> {
        self.0.entries.lock().unwrap().retain(|entry| entry.id != delivery.id);
        self.0.delivered.lock().unwrap().push(delivery.id);
        self.0.changed.notify_waiters();
        self.0.changed.notify_one();
        Ok(())
    }

    async fn failed(&self, delivery: &Delivery, next_attempt_at_ms: u64, failure: &str) -> Result<(), OutboxError> {
        assert!(next_attempt_at_ms > 1_790_000_000_000, "the pause begins now");
        for entry in self.0.entries.lock().unwrap().iter_mut().filter(|entry| entry.id == delivery.id) {
            entry.failures += 1;
        }
        self.0.failures.lock().unwrap().push((delivery.id, failure.to_owned()));
        self.0.changed.notify_one();
        Ok(())
    }
}

fn owed(tenant: &str, case_number: Option<&str>) -> Delivery {
    Delivery {
        tenant: TenantId(tenant.into()),
        room: RoomId(Uuid::new_v4()),
        id: Uuid::new_v4(),
        case_number: case_number.map(Into::into),
        created_at_ms: 0,
        failures: 0,
    }
}

/// Runs a worker until the outbox is as wanted.
async fn work(outbox: &Arc<MemoryOutbox>, ports: &[(&str, u16)], holds: impl Fn(&MemoryOutbox) -> bool) {
    let destinations: BTreeMap<_, _> = ports
        .iter()
        .map(|(tenant, port)| (TenantId((*tenant).into()), allowed(&format!("http://{LOCAL}:{port}/{tenant}"))))
        .collect();
    let worker = DeliveryWorker::new(Shared(outbox.clone()), client(), destinations);
    worker.run(outbox.until(holds)).await;
}

#[tokio::test]
async fn a_result_arrives_as_soon_as_the_receiver_is_back_under_the_same_id() {
    let (port, mut gets) = receiver(&["503 Down", "500 Still down", "200 OK"]).await;
    let delivery = owed("ccpit", Some("(2026)1"));
    let outbox = MemoryOutbox::with(vec![delivery.clone()]);
    work(&outbox, &[("ccpit", port)], |outbox| !outbox.delivered.lock().unwrap().is_empty()).await;
    let mut ids = Vec::new();
    while let Ok(message) = gets.try_recv() {
        let now_s = message.header("webhook-timestamp").unwrap().parse().unwrap();
        let received = verify_webhook(&secret(), &message.header_map(), &message.body, now_s).unwrap();
        ids.push(received.id);
        let notice: ResultNotice = serde_json::from_slice(&message.body).unwrap();
        assert_eq!((notice.kind.as_str(), notice.case_number.as_deref()), ("result", Some("(2026)1")));
        assert_eq!((notice.room, notice.bundle.unwrap().0), (delivery.room.0, b"PK bundle".to_vec()));
    }
    assert_eq!(ids, vec![delivery.id.to_string(); 3]);
    let failures: Vec<_> = outbox.failures.lock().unwrap().iter().map(|(_, failure)| failure.clone()).collect();
    assert!(failures[0].contains("503") && failures[1].contains("500"), "{failures:?}");
}

#[tokio::test]
async fn a_series_of_four_cases_gives_four_results() {
    let (port, mut gets) = receiver(&["200 OK"]).await;
    let cases = ["A", "B", "C", "D"];
    let outbox = MemoryOutbox::with(cases.iter().map(|case| owed("karaoke", Some(case))).collect());
    work(&outbox, &[("karaoke", port)], |outbox| outbox.delivered.lock().unwrap().len() == 4).await;
    let mut arrived = Vec::new();
    while let Ok(message) = gets.try_recv() {
        let notice: ResultNotice = serde_json::from_slice(&message.body).unwrap();
        arrived.extend(notice.case_number);
    }
    arrived.sort();
    assert_eq!(arrived, cases);
}

#[tokio::test]
async fn a_case_service_that_never_answers_holds_up_no_other() {
    let silent = TcpListener::bind((LOCAL, 0)).await.unwrap();
    let silent_port = silent.local_addr().unwrap().port();
    let (port, _gets) = receiver(&["200 OK"]).await;
    let mut entries: Vec<_> = (0..40).map(|_| owed("silent", None)).collect();
    let last = owed("ccpit", None);
    entries.push(last.clone());
    let outbox = MemoryOutbox::with(entries);
    let ports = [("silent", silent_port), ("ccpit", port)];
    work(&outbox, &ports, |outbox| *outbox.delivered.lock().unwrap() == [last.id]).await;
    assert!(outbox.failures.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_has_no_destination_stays_in_the_outbox_and_says_so() {
    let outbox = MemoryOutbox::with(vec![owed("unknown", None)]);
    work(&outbox, &[], |outbox| !outbox.failures.lock().unwrap().is_empty()).await;
    let failure = outbox.failures.lock().unwrap()[0].1.clone();
    assert!(failure.contains("no webhook address"), "{failure}");
    assert_eq!(outbox.entries.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_failure_names_no_address_and_no_secret() {
    let listener = TcpListener::bind((LOCAL, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let outbox = MemoryOutbox::with(vec![owed("ccpit", None)]);
    work(&outbox, &[("ccpit", port)], |outbox| !outbox.failures.lock().unwrap().is_empty()).await;
    let failure = outbox.failures.lock().unwrap()[0].1.clone();
    for told in [LOCAL, &port.to_string(), "whsec", "ccpit"] {
        assert!(!failure.contains(told), "{failure}");
    }
}

#[test]
fn a_bundle_over_the_limit_is_fetched_instead_of_sent() {
    let url = Url::parse("https://accord.example/base/").unwrap();
    let room = RoomId(Uuid::new_v4());
    let notice = |bytes| {
        let tenant = TenantId("ccpit".into());
        ResultNotice::new(&url, (&tenant, room), "case-1".into(), (2, None), OutcomeFact::NotAgreed, vec![0; bytes])
    };
    assert!(notice(WEBHOOK_BUNDLE_BYTES_MAX).bundle.is_some());
    let large = notice(WEBHOOK_BUNDLE_BYTES_MAX + 1);
    assert_eq!(large.bundle, None);
    assert_eq!(large.bundle_url, format!("https://accord.example/base/api/v1/rooms/{room}/results/2"));
}
