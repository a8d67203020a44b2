//! The demonstration: a server with SQLite and a data folder, and beside it a small case service that plays the court
//! platform. It speaks to the server only through the public API and the public webhook.

mod case_service;
mod cases;
mod client;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use accord_case_service::authentication::{ServiceSettings, SharedSecretSettings};
use accord_room::TenantId;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::{SecureRandom, SystemRandom};

use crate::server;
use crate::settings::{MediaPart, Settings, WebhookPart};

/// The organisation of the demonstration.
const TENANT: &str = "demo";
/// The case service's name in its tokens.
const ISSUER: &str = "demo-case-service";
/// Names the shared secret.
const KEY_ID: &str = "demo";

/// Why the demonstration did not run.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The server.
    #[error(transparent)]
    Server(#[from] server::ServerError),
    /// The case service.
    #[error("the demonstration's case service failed: {0}")]
    CaseService(String),
    /// A file.
    #[error("cannot use {path}: {error}; check that this user may write there")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
}

/// Runs the demonstration until SIGTERM or SIGINT.
///
/// # Errors
/// [`DemoError`], naming what to mend.
pub async fn run(data: PathBuf, port: u16) -> Result<(), DemoError> {
    let at = |offset: u16| SocketAddr::from(([127, 0, 0, 1], port.saturating_add(offset)));
    let origin = format!("http://localhost:{port}");
    let shared_secret = secret(&data.join("case_service/token.secret"))?;
    let webhook_secret = format!("whsec_{}", secret(&data.join("case_service/webhook.secret"))?);
    let settings = Settings {
        listen: at(0),
        public_origin: origin.clone(),
        data: data.clone(),
        media: MediaPart { listen: at(1), ..MediaPart::default() },
        ice: Vec::new(),
        services: vec![ServiceSettings {
            issuer: ISSUER.to_owned(),
            tenants: vec![TenantId(TENANT.to_owned())],
            key_set: None,
            shared_secret: Some(SharedSecretSettings { key_id: KEY_ID.to_owned(), secret: shared_secret.clone() }),
        }],
        webhooks: vec![WebhookPart {
            tenant: TenantId(TENANT.to_owned()),
            url: format!("http://127.0.0.1:{}/results", port.saturating_add(2)),
            secret: webhook_secret.clone(),
        }],
        private_webhook_hosts: vec!["127.0.0.1".to_owned()],
    };
    let stop = server::stop_on_signal()?;
    let case_service = case_service::CaseService {
        server: at(0),
        listen: at(2),
        folder: data.join("case_service"),
        shared_secret,
        webhook_secret,
    };
    let mut playing = tokio::spawn(case_service.run(stop.clone()));
    let serving = server::run(settings, stop);
    tokio::pin!(serving);
    tokio::select! {
        served = &mut serving => {
            served?;
            finished(playing.await)
        }
        played = &mut playing => {
            // A case service that ends before the server has failed, or both are told to stop.
            finished(played)?;
            Ok(serving.await?)
        }
    }
}

fn finished(
    played: Result<Result<(), case_service::CaseServiceError>, tokio::task::JoinError>,
) -> Result<(), DemoError> {
    match played {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(DemoError::CaseService(error.to_string())),
        Err(error) => Err(DemoError::CaseService(error.to_string())),
    }
}

/// A secret of this demonstration, made once: 32 random bytes in base64.
fn secret(path: &Path) -> Result<String, DemoError> {
    let file = |error| DemoError::File { path: path.to_owned(), error };
    if let Ok(secret) = std::fs::read_to_string(path) {
        return Ok(secret);
    }
    let mut bytes = [0; 32];
    SystemRandom::new().fill(&mut bytes).map_err(|_| file(std::io::Error::other("no randomness")))?;
    let secret = STANDARD.encode(bytes);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(file)?;
    }
    write_private(path, &secret).map_err(file)?;
    Ok(secret)
}

/// Writes a file that only this user may read.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}
