//! The REST API over a real socket, in front of rooms that live in memory and decide with the real room.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use accord_case_service::api::{
    Api, CreateRoom, Creation, Founding, RoomCreated, RoomStatus, Rooms, RoomsError, openapi_json, router,
};
use accord_case_service::authentication::{ServiceKeys, ServiceSettings};
use accord_case_service::secret::InvitationSecret;
use accord_room::{Action, Actor, Command, CommandId, InvitationId, ParticipantId, Refusal, RoomId, State, TenantId};
use axum::body::Bytes;
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use crate::authentication::{NOW_S, SECRET, claims, forge, shared_secret, with_secret};
use crate::http_exchange::{Message, send};

/// The digest of the request that created a room, and what it was answered.
type FirstAnswer = ([u8; 32], RoomCreated);

#[derive(Default)]
struct MemoryRooms {
    rooms: Mutex<BTreeMap<(TenantId, RoomId), State>>,
    references: Mutex<BTreeMap<(TenantId, String), FirstAnswer>>,
    secret_hashes: Mutex<Vec<[u8; 32]>>,
}

impl MemoryRooms {
    fn serve(&self, tenant: &TenantId, room: RoomId, action: Action) -> Result<(), RoomsError> {
        let mut rooms = self.rooms.lock().unwrap();
        let state = rooms.get_mut(&(tenant.clone(), room)).ok_or(RoomsError::NotFound)?;
        let command = Command { id: CommandId(Uuid::new_v4()), actor: Actor::Service, action, fresh: Uuid::new_v4() };
        for event in state.decide(&command, 1)? {
            state.evolve(&event);
        }
        Ok(())
    }
}

struct SharedRooms(Arc<MemoryRooms>);

impl Rooms for SharedRooms {
    async fn create(&self, founding: Founding) -> Result<Creation, RoomsError> {
        let tenant = founding.charter.tenant.clone();
        let by = (tenant.clone(), founding.reference.clone());
        let room = founding.room();
        if let Some((digest, answer)) = self.0.references.lock().unwrap().get(&by) {
            let is_same = *digest == founding.request_digest;
            return if is_same { Ok(Creation::Repeated(answer.clone())) } else { Err(RoomsError::ReferenceTaken) };
        }
        self.0.rooms.lock().unwrap().insert((tenant.clone(), room), State::default());
        self.0.serve(&tenant, room, Action::Found(Box::new(founding.charter)))?;
        let answer = founding.answer;
        self.0.references.lock().unwrap().insert(by, (founding.request_digest, answer.clone()));
        Ok(Creation::New(answer))
    }

    async fn status(&self, tenant: &TenantId, room: RoomId) -> Result<RoomStatus, RoomsError> {
        let rooms = self.0.rooms.lock().unwrap();
        let state = rooms.get(&(tenant.clone(), room)).ok_or(RoomsError::NotFound)?;
        Ok(RoomStatus::of(room, state))
    }

    async fn invite(
        &self,
        tenant: &TenantId,
        room: RoomId,
        participant: ParticipantId,
        secret_hash: [u8; 32],
    ) -> Result<InvitationId, RoomsError> {
        let invitation = InvitationId(Uuid::new_v4());
        self.0.serve(tenant, room, Action::Invite { participant, invitation })?;
        self.0.secret_hashes.lock().unwrap().push(secret_hash);
        Ok(invitation)
    }

    async fn revoke(&self, tenant: &TenantId, room: RoomId, participant: ParticipantId) -> Result<(), RoomsError> {
        self.0.serve(tenant, room, Action::Revoke { participant })
    }

    async fn result(&self, tenant: &TenantId, room: RoomId, number: usize) -> Result<Bytes, RoomsError> {
        self.status(tenant, room).await?;
        if number == 1 { Ok(Bytes::from_static(b"PK bundle")) } else { Err(RoomsError::NoResult) }
    }
}

struct Server {
    port: u16,
    rooms: Arc<MemoryRooms>,
}

async fn server() -> Server {
    let mut services = vec![shared_secret()];
    services.push(ServiceSettings {
        issuer: "another-court".into(),
        tenants: vec![TenantId("other".into())],
        key_set: None,
        shared_secret: Some(serde_json::from_value(json!({"key_id": "secret-2", "secret": SECRET})).unwrap()),
    });
    let rooms = Arc::new(MemoryRooms::default());
    let api = Api {
        rooms: SharedRooms(rooms.clone()),
        keys: ServiceKeys::new(&services).unwrap(),
        public_url: Url::parse("https://accord.example/").unwrap(),
        now_s: || NOW_S,
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { axum::serve(listener, router(Arc::new(api))).await });
    Server { port, rooms }
}

impl Server {
    async fn call(&self, request: &str, body: &Value) -> Message {
        self.call_as("court-platform", "secret-1", request, body).await
    }

    async fn call_as(&self, issuer: &str, key_id: &str, request: &str, body: &Value) -> Message {
        let mut claims = claims();
        claims["iss"] = json!(issuer);
        let token = forge(&json!({"alg": "HS256", "kid": key_id}), &claims, with_secret(SECRET.as_bytes()));
        let headers = [("authorization", format!("Bearer {token}")), ("content-type", "application/json".into())];
        let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
        let body = if body.is_null() { String::new() } else { body.to_string() };
        send(self.port, request, &headers, body.as_bytes()).await
    }

    async fn created(&self) -> (String, Vec<Value>) {
        let answer = self.call("POST /api/v1/rooms", &request()).await;
        assert_eq!(answer.status(), 201, "{}", String::from_utf8_lossy(&answer.body));
        let body = answer.json();
        (body["room"].as_str().unwrap().to_owned(), body["people"].as_array().unwrap().clone())
    }
}

fn request() -> Value {
    json!({
        "reference": "2026-调-1",
        "organisation": "中国国际贸易促进委员会调解中心",
        "court": "北京市东城区人民法院",
        "case_numbers": ["(2026)京0101民初1号"],
        "cause": "著作权侵权纠纷",
        "claims": [{"case_number": "(2026)京0101民初1号", "text": "停止侵权"}],
        "people": [
            {"reference": "a", "name": "王芳", "role": "party", "identity": {"method": "身份证"}},
            {"reference": "lawyer", "name": "李律师", "role": "representative", "speaks_for": "a", "authority": "special",
             "identity": {"method": "律师证", "document_masked": "****1234"}},
            {"reference": "b", "name": "某某科技有限公司", "role": "party", "identity": {"method": "营业执照"}},
            {"reference": "m", "name": "赵调解员", "role": "presiding_mediator", "identity": {"method": "工作证"}},
            {"reference": "s", "name": "钱用印", "role": "seal_officer", "identity": {"method": "工作证"}},
        ],
        "confidentiality": "confidential",
        "recording": "unanimous_consent",
    })
}

fn change(path: &str, value: Value) -> Value {
    let mut request = request();
    *request.pointer_mut(path).unwrap() = value;
    request
}

fn founding(request: Value) -> Result<Founding, String> {
    let request: CreateRoom = serde_json::from_value(request).map_err(|error| error.to_string())?;
    request.into_founding(TenantId("ccpit".into())).map_err(|error| error.to_string())
}

#[tokio::test]
async fn a_room_is_created_with_an_id_for_everybody() {
    let server = server().await;
    let (room, people) = server.created().await;
    let references: Vec<_> = people.iter().map(|person| person["reference"].as_str().unwrap()).collect();
    assert_eq!(references, ["a", "lawyer", "b", "m", "s"]);

    let status = server.call(&format!("GET /api/v1/rooms/{room}"), &Value::Null).await;
    assert_eq!(status.status(), 200);
    let expected = json!({"room": room, "phase": "scheduled", "outcome": null, "people_expected": 5,
                          "people_waiting": 0, "people_inside": 0, "results": []});
    assert_eq!(status.json(), expected);
}

#[tokio::test]
async fn the_same_request_again_is_answered_with_the_same_room_and_another_one_is_refused() {
    let server = server().await;
    let first = server.call("POST /api/v1/rooms", &request()).await;
    let again = server.call("POST /api/v1/rooms", &request()).await;
    assert_eq!((first.status(), again.status()), (201, 200));
    assert_eq!(first.json(), again.json());
    let other = server.call("POST /api/v1/rooms", &change("/cause", json!("合同纠纷"))).await;
    assert_eq!((other.status(), &other.json()["type"]), (409, &json!("urn:accord:problem:reference-taken")));
    assert_eq!(server.rooms.rooms.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn an_unknown_room_and_one_of_another_tenant_are_answered_alike_to_the_byte() {
    let server = server().await;
    let (room, people) = server.created().await;
    let participant = people[0]["participant"].as_str().unwrap();
    let unknown = Uuid::new_v4().to_string();
    let calls = |room: &str| {
        [
            (format!("GET /api/v1/rooms/{room}"), Value::Null),
            (format!("POST /api/v1/rooms/{room}/invitations"), json!({"participant": participant})),
            (format!("DELETE /api/v1/rooms/{room}/invitations/{participant}"), Value::Null),
            (format!("GET /api/v1/rooms/{room}/results/1"), Value::Null),
            (format!("GET /api/v1/rooms/{room}/results/x"), Value::Null),
        ]
    };
    let without_date = |mut message: Message| {
        message.headers.retain(|(name, _)| name != "date");
        (message.start, message.headers, message.body)
    };
    for ((foreign, body), (unknown, _)) in calls(&room).into_iter().zip(calls(&unknown)) {
        let foreign_answer = server.call_as("another-court", "secret-2", &foreign, &body).await;
        let unknown_answer = server.call_as("another-court", "secret-2", &unknown, &body).await;
        assert_eq!(foreign_answer.status(), 404, "{foreign}");
        assert_eq!(without_date(foreign_answer), without_date(unknown_answer), "{foreign}");
    }
    for malformed in ["x", "%00", "%ff", "..%2f", &room[..35]] {
        let answer = server.call(&format!("GET /api/v1/rooms/{malformed}"), &Value::Null).await;
        assert_eq!(answer.status(), 404, "{malformed}");
    }
    assert_eq!(server.call(&format!("GET /api/v1/rooms/{room}"), &Value::Null).await.status(), 200, "the control");
}

#[tokio::test]
async fn an_invitations_secret_is_in_the_links_fragment_and_only_its_hash_goes_on() {
    let server = server().await;
    let (room, people) = server.created().await;
    let invite = format!("POST /api/v1/rooms/{room}/invitations");
    let body = json!({"participant": people[0]["participant"]});
    let answer = server.call(&invite, &body).await;
    assert_eq!((answer.status(), answer.header("cache-control")), (201, Some("no-store")));
    let link = answer.json()["link"].as_str().unwrap().to_owned();
    let (page, secret) = link.split_once('#').unwrap();
    assert_eq!((page, secret.len()), ("https://accord.example/join", 43));
    let hash = InvitationSecret::parse(secret).unwrap().hash();
    assert_eq!(*server.rooms.secret_hashes.lock().unwrap(), [hash]);

    let second = server.call(&invite, &body).await.json();
    assert_ne!(second["link"].as_str().unwrap(), link);
    assert_ne!(second["invitation"], answer.json()["invitation"]);
}

#[test]
fn a_secret_that_is_not_32_bytes_is_none() {
    for text in ["", "AAAA", &"A".repeat(42), &"A".repeat(44), &format!("{}=", "A".repeat(43)), &"!".repeat(43)] {
        assert!(InvitationSecret::parse(text).is_none(), "{text}");
    }
    assert!(InvitationSecret::parse(&"A".repeat(43)).is_some());
}

#[tokio::test]
async fn an_invitation_can_be_taken_back_again_and_again() {
    let server = server().await;
    let (room, people) = server.created().await;
    let participant = people[0]["participant"].as_str().unwrap();
    let revoke = format!("DELETE /api/v1/rooms/{room}/invitations/{participant}");
    for _ in 0..2 {
        assert_eq!(server.call(&revoke, &Value::Null).await.status(), 204);
    }
    let stranger = format!("DELETE /api/v1/rooms/{room}/invitations/{}", Uuid::new_v4());
    let answer = server.call(&stranger, &Value::Null).await;
    assert_eq!((answer.status(), &answer.json()["type"]), (404, &json!("urn:accord:problem:not-found")));
}

#[tokio::test]
async fn a_result_is_a_zip_archive_and_one_that_is_not_there_is_a_problem() {
    let server = server().await;
    let (room, _) = server.created().await;
    let answer = server.call(&format!("GET /api/v1/rooms/{room}/results/1"), &Value::Null).await;
    assert_eq!((answer.status(), answer.header("content-type")), (200, Some("application/zip")));
    assert_eq!((answer.body.as_slice(), answer.header("cache-control")), (b"PK bundle".as_slice(), Some("no-store")));
    for number in ["2", "0", "-1", "x"] {
        let answer = server.call(&format!("GET /api/v1/rooms/{room}/results/{number}"), &Value::Null).await;
        assert_eq!(
            (answer.status(), &answer.json()["type"]),
            (404, &json!("urn:accord:problem:no-result")),
            "{number}"
        );
    }
}

#[tokio::test]
async fn nobody_gets_in_without_a_token() {
    let server = server().await;
    let basic = [("authorization", "Basic YTpi")];
    let empty = [("authorization", "Bearer ")];
    let no_scheme = [("authorization", "Bearer")];
    let attempts: [&[(&str, &str)]; 4] = [&[], &basic, &empty, &no_scheme];
    let room = Uuid::new_v4();
    let calls = [
        "POST /api/v1/rooms".to_owned(),
        format!("GET /api/v1/rooms/{room}"),
        format!("POST /api/v1/rooms/{room}/invitations"),
        format!("DELETE /api/v1/rooms/{room}/invitations/{room}"),
        format!("GET /api/v1/rooms/{room}/results/1"),
    ];
    for headers in attempts {
        for call in &calls {
            let answer = send(server.port, call, headers, b"{}").await;
            assert_eq!((answer.status(), answer.header("www-authenticate")), (401, Some("Bearer")), "{call}");
            assert_eq!(answer.header("content-type"), Some("application/problem+json"));
            let problem = answer.json();
            assert_eq!(
                (&problem["type"], &problem["status"]),
                (&json!("urn:accord:problem:unauthenticated"), &json!(401))
            );
            assert!(!problem["remedy"].as_str().unwrap().is_empty());
        }
    }
}

#[tokio::test]
async fn two_authorizations_in_one_request_are_none() {
    let server = server().await;
    let token = forge(&json!({"alg": "HS256", "kid": "secret-1"}), &claims(), with_secret(SECRET.as_bytes()));
    let good = format!("Bearer {token}");
    let call = format!("GET /api/v1/rooms/{}", Uuid::new_v4());
    let one = [("authorization", good.as_str())];
    let two = [("authorization", good.as_str()), ("authorization", "Bearer x")];
    assert_eq!(send(server.port, &call, &one, b"").await.status(), 404, "the control");
    assert_eq!(send(server.port, &call, &two, b"").await.status(), 401);
}

#[tokio::test]
async fn a_body_that_is_malformed_or_too_large_is_a_problem() {
    let server = server().await;
    for body in [json!("x"), json!({}), json!([]), change("/people/0/role", json!("judge"))] {
        let answer = server.call("POST /api/v1/rooms", &body).await;
        assert_eq!((answer.status(), &answer.json()["type"]), (400, &json!("urn:accord:problem:malformed")), "{body}");
    }
    let large = change("/cause", json!("x".repeat(1024 * 1024)));
    let answer = server.call("POST /api/v1/rooms", &large).await;
    assert_eq!((answer.status(), &answer.json()["type"]), (413, &json!("urn:accord:problem:too-large")));
}

#[test]
fn the_charter_is_what_the_case_service_said() {
    let founding = founding(request()).unwrap();
    let charter = &founding.charter;
    assert_eq!((charter.tenant.0.as_str(), charter.case_numbers.len(), charter.claims.len()), ("ccpit", 1, 1));
    assert_eq!(charter.recording, accord_room::RecordingPolicy::UnanimousConsent);
    let [a, lawyer, ..] = charter.people.as_slice() else { panic!("five people") };
    assert_eq!((lawyer.speaks_for, lawyer.authority), (Some(a.id), Some(accord_room::Authority::Special)));
    assert_eq!(lawyer.identity.document_masked.as_deref(), Some("****1234"));
    let ids: Vec<_> = charter.people.iter().map(|person| person.id.0).collect();
    assert_eq!(ids, founding.answer.people.iter().map(|person| person.participant).collect::<Vec<_>>());
}

#[test]
fn a_request_that_no_room_can_be_founded_on_is_refused_with_the_reason() {
    let cases = [
        (change("/reference", json!("")), "reference of the room"),
        (change("/reference", json!("a\nb")), "reference of the room"),
        (change("/people/0/reference", json!("x".repeat(129))), "reference of a person"),
        (change("/people/2/reference", json!("a")), "share the reference"),
        (change("/people/1/speaks_for", json!("nobody")), "not among the people"),
        (change("/people/1/speaks_for", json!("m")), "needs a party"),
        (change("/people/1/authority", json!(null)), "authority"),
        (change("/people/3/role", json!("assisting_mediator")), "exactly one presiding mediator"),
        (change("/people/2/role", json!("observer")), "at least two parties"),
        (change("/people/0/name", json!("王\u{202E}芳")), "name"),
        (change("/people/0/identity/method", json!("")), "identity"),
        (change("/claims/0/case_number", json!("(2026)别号")), "case number that the room does not serve"),
        (change("/case_numbers", json!(["(2026)京0101民初1号", "(2026)京0101民初1号"])), "share one number"),
        (change("/case_numbers", json!([" "])), "case number"),
        (change("/recording", json!("always")), "unknown variant"),
        (change("/people", json!([])), "mediator"),
    ];
    for (request, reason) in cases {
        let refusal = founding(request).unwrap_err();
        assert!(refusal.contains(reason), "{refusal:?} should name {reason:?}");
    }
}

#[test]
fn a_misspelt_field_is_refused_rather_than_lost() {
    for path in ["", "/people/0", "/people/0/identity", "/claims/0"] {
        let mut request = request();
        request.pointer_mut(path).unwrap()["recordng"] = json!("never");
        let refusal = founding(request).unwrap_err();
        assert!(refusal.contains("recordng"), "{refusal}");
    }
}

#[test]
fn requests_that_say_the_same_have_one_digest_and_others_have_another() {
    let digest = |request: Value| founding(request).unwrap().request_digest;
    assert_eq!(digest(request()), digest(request()));
    let mut spelt_out = request();
    spelt_out["people"][0]["speaks_for"] = Value::Null;
    assert_eq!(digest(request()), digest(spelt_out));
    assert_ne!(digest(request()), digest(change("/people/0/name", json!("王方"))));
    assert_ne!(digest(request()), digest(change("/recording", json!("never"))));
}

#[test]
fn a_rooms_refusal_becomes_a_problem_with_the_rooms_own_words() {
    use accord_case_service::Problem;
    let problem = Problem::from(RoomsError::Refused(Refusal::Concluded));
    assert_eq!((problem.status, problem.detail.as_str()), (409, "the mediation is concluded"));
    assert_eq!(Problem::from(RoomsError::Refused(Refusal::NoSuchPerson)), Problem::from(RoomsError::NotFound));
    assert_eq!(Problem::from(RoomsError::Unavailable).status, 503);
}

#[test]
fn the_openapi_document_is_the_one_that_is_checked_in() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
    let document = openapi_json().unwrap();
    if std::env::var("ACCORD_REGENERATE").is_ok_and(|value| value == "1") {
        std::fs::write(path, &document).unwrap();
    }
    let checked_in = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(checked_in, document, "run this test with ACCORD_REGENERATE=1 and look at what changed");
}

#[test]
fn the_openapi_document_names_every_address_and_asks_for_a_token() {
    let document: Value = serde_json::from_str(&openapi_json().unwrap()).unwrap();
    let paths: Vec<_> = document["paths"].as_object().unwrap().keys().collect();
    assert_eq!(paths.len(), 5, "{paths:?}");
    assert_eq!(document["security"], json!([{"service_token": []}]));
    assert_eq!(document["components"]["securitySchemes"]["service_token"]["scheme"], "bearer");
    let roles = &document["components"]["schemas"]["Role"];
    assert!(roles.to_string().contains("presiding_mediator"), "{roles}");
}
