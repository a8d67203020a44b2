//! The small case service: creates the sample rooms, hands out links, receives results.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use accord_case_service::delivery::{BadWebhookSecret, ResultNotice, WebhookSecret, verify_webhook};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::cases::{SAMPLES, Sample};
use super::client::Client;
use super::write_private;
use crate::clock::now_ms;

/// Bytes of a result; a bundle is a few hundred kilobytes.
const RESULT_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Mediations of one sample that were concluded before; each is a room of its own.
const ROUNDS_MAX: u32 = 10_000;
/// How often the server is asked whether it is up, and the pause between, ms.
const ATTEMPTS_MAX: u32 = 100;
const ATTEMPT_PAUSE_MS: u64 = 100;

/// Why the case service gave up.
#[derive(Debug, thiserror::Error)]
pub(super) enum CaseServiceError {
    #[error("{0}")]
    Call(String),
    #[error("cannot listen on {address}: {error}")]
    Listen { address: SocketAddr, error: std::io::Error },
    #[error("cannot keep its files: {0}")]
    File(#[from] std::io::Error),
    #[error("what it kept cannot be read: {0}")]
    Kept(#[from] serde_json::Error),
}

/// The court platform of the demonstration.
pub(super) struct CaseService {
    pub(super) server: SocketAddr,
    pub(super) listen: SocketAddr,
    pub(super) folder: PathBuf,
    pub(super) shared_secret: String,
    pub(super) webhook_secret: String,
}

/// A room that was made, and its links: they are handed out once, so they are kept.
#[derive(Serialize, Deserialize)]
struct Made {
    room: String,
    links: Vec<Link>,
}

#[derive(Serialize, Deserialize)]
struct Link {
    name: String,
    role: String,
    #[serde(rename = "link")]
    address: String,
}

impl CaseService {
    pub(super) async fn run(self, mut stop: watch::Receiver<bool>) -> Result<(), CaseServiceError> {
        let address = self.listen;
        let listener = TcpListener::bind(address).await.map_err(|error| CaseServiceError::Listen { address, error })?;
        let webhook_secret =
            self.webhook_secret.parse().map_err(|error: BadWebhookSecret| CaseServiceError::Call(error.to_string()))?;
        let desk = Arc::new(Desk { folder: self.folder.join("results"), webhook_secret });
        std::fs::create_dir_all(&desk.folder)?;
        let app = Router::new()
            .route("/results", post(receive))
            .layer(DefaultBodyLimit::max(RESULT_BYTES_MAX))
            .with_state(desk);
        let mut serving = tokio::spawn(crate::http::serve::serve(listener, app, stop.clone()));

        tokio::select! {
            made = self.make_rooms() => print(&made?, &self.folder),
            _ = stop.wait_for(|stop| *stop) => {}
        }
        // It ends when told to stop; a panic in it has been printed already.
        let _ = (&mut serving).await;
        Ok(())
    }

    async fn make_rooms(&self) -> Result<Vec<(&'static str, Made)>, CaseServiceError> {
        let client = Client::new(self.server, &self.shared_secret);
        self.wait_for_server(&client).await?;
        let path = self.folder.join("rooms.json");
        let mut kept: BTreeMap<String, Made> = match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)?,
            Err(_) => BTreeMap::new(),
        };
        let mut rooms = Vec::new();
        for sample in SAMPLES {
            let reference = open_reference(&client, sample, &kept).await?;
            let made = match kept.remove(&reference) {
                Some(made) => made,
                None => make_room(&client, sample, &reference).await?,
            };
            rooms.push((sample.title, reference, made));
        }
        let keep: BTreeMap<&String, &Made> =
            kept.iter().chain(rooms.iter().map(|(_, reference, made)| (reference, made))).collect();
        write_private(&path, &serde_json::to_string_pretty(&keep)?)?;
        Ok(rooms.into_iter().map(|(title, _, made)| (title, made)).collect())
    }

    async fn wait_for_server(&self, client: &Client) -> Result<(), CaseServiceError> {
        for _ in 0..ATTEMPTS_MAX {
            if client.get("/api/v1/notices").await.is_ok() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(ATTEMPT_PAUSE_MS)).await;
        }
        Err(CaseServiceError::Call("the server did not come up".to_owned()))
    }
}

/// The reference of a sample's mediation that is not over: a concluded one is followed by another.
async fn open_reference(
    client: &Client,
    sample: &Sample,
    kept: &BTreeMap<String, Made>,
) -> Result<String, CaseServiceError> {
    let request = (sample.room)();
    let base = request.get("reference").and_then(Value::as_str).unwrap_or_default();
    for round in 1..=ROUNDS_MAX {
        let reference = format!("{base}-{round}");
        let Some(made) = kept.get(&reference) else { return Ok(reference) };
        let status = client.get(&format!("/api/v1/rooms/{}", made.room)).await?;
        if status.get("phase").and_then(Value::as_str) != Some("concluded") {
            return Ok(reference);
        }
    }
    Err(CaseServiceError::Call("too many mediations of one sample; delete the data folder".to_owned()))
}

async fn make_room(client: &Client, sample: &Sample, reference: &str) -> Result<Made, CaseServiceError> {
    let mut request = (sample.room)();
    if let Some(fields) = request.as_object_mut() {
        fields.insert("reference".to_owned(), reference.into());
    }
    let created = client.post("/api/v1/rooms", &request).await?;
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let room = text(created.get("room"));
    let ids = created.get("people").and_then(Value::as_array).cloned().unwrap_or_default();
    let people = request.get("people").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut links = Vec::new();
    for (person, created) in people.iter().zip(ids) {
        let body = json!({ "participant": created.get("participant") });
        let invitation = client.post(&format!("/api/v1/rooms/{room}/invitations"), &body).await?;
        links.push(Link {
            name: text(person.get("name")),
            role: text(person.get("role")),
            address: text(invitation.get("link")),
        });
    }
    Ok(Made { room, links })
}

#[expect(clippy::print_stdout, reason = "the links are what the demonstration is for")]
fn print(rooms: &[(&'static str, Made)], folder: &std::path::Path) {
    println!("\nAccord is running. Open each link in a browser tab of its own; each is one person's place.");
    for (title, made) in rooms {
        println!("\n{title}");
        for link in &made.links {
            println!("  {:<20} {}\n  {:<20} {}", role(&link.role), link.name, "", link.address);
        }
    }
    println!("\nResults are received into {}", folder.join("results").display());
    println!("Ctrl-C stops; the links stay valid.\n");
}

fn role(role: &str) -> &str {
    match role {
        "party" => "party",
        "representative" => "representative",
        "presiding_mediator" => "mediator",
        "assisting_mediator" => "assisting mediator",
        "observer" => "observer",
        "seal_officer" => "seal officer",
        other => other,
    }
}

struct Desk {
    folder: PathBuf,
    webhook_secret: WebhookSecret,
}

/// A result comes in: checked, kept, and only then confirmed.
async fn receive(State(desk): State<Arc<Desk>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let Ok(received) = verify_webhook(&desk.webhook_secret, &headers, &body, now_ms() / 1000) else {
        return StatusCode::UNAUTHORIZED;
    };
    match desk.keep(&received.id, &body) {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(error) => {
            tracing::error!(%error, "a result could not be kept");
            StatusCode::INTERNAL_SERVER_ERROR
        }
    }
}

impl Desk {
    /// Keeps the bundle under the delivery's id, so that a repetition is the same file.
    #[expect(clippy::print_stdout, reason = "the person who runs the demonstration waits for it")]
    fn keep(&self, id: &str, body: &[u8]) -> Result<(), CaseServiceError> {
        let result: ResultNotice = serde_json::from_slice(body)?;
        let name: String = id.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-').collect();
        let path = self.folder.join(format!("{name}.zip"));
        let bundle = result.bundle.map(|bundle| bundle.0).unwrap_or_default();
        std::fs::write(&path, bundle)?;
        let case = result.case_number.unwrap_or(result.reference);
        println!("Result received for {case}: {}", path.display());
        Ok(())
    }
}
