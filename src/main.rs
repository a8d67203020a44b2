//! The `accord` program: serve, demonstrate, verify.

use std::path::PathBuf;
use std::process::ExitCode;

use accord::settings::Settings;
use accord::{demo, server};
use clap::{Parser, Subcommand};

/// Accord, a video mediation server.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the server.
    Serve {
        /// Settings (TOML); environment variables `ACCORD_…` go on top.
        #[arg(long)]
        settings: Option<PathBuf>,
    },
    /// Runs the server with a small case service beside it and prints links to sample mediations.
    Demo {
        /// Where to keep data.
        #[arg(long, default_value = "data/demo")]
        data: PathBuf,
        /// Port of the web app; the media plane takes the next, the case service the one after.
        #[arg(long, default_value_t = 8080)]
        port: u16,
    },
    /// Decrypts every recorded span into a plain Matroska file.
    Decrypt {
        /// The server's data folder.
        #[arg(long, default_value = "data")]
        data: PathBuf,
        /// Where to write the files.
        out: PathBuf,
    },
    /// Checks a result bundle offline and says what it checked.
    Verify {
        /// The bundle.
        result: PathBuf,
        /// Public keys to trust (JSON, as served at /.well-known/accord/keys/TENANT); without it the bundle's own are used.
        #[arg(long)]
        keys: Option<PathBuf>,
    },
}

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("ACCORD_LOG")
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info")),
        )
        .with_writer(std::io::stderr)
        .init();
    match run(Arguments::parse().command) {
        Ok(code) => code,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode, Box<dyn std::error::Error>> {
    match command {
        Command::Serve { settings } => {
            let settings = Settings::read(settings.as_deref())?;
            runtime()?.block_on(server::run_until_signal(settings))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Demo { data, port } => {
            runtime()?.block_on(demo::run(data, port))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Decrypt { data, out } => {
            decrypt(&data, &out)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Verify { result, keys } => verify(&result, keys.as_deref()),
    }
}

#[expect(clippy::print_stdout, reason = "the files are what this command is for")]
fn decrypt(data: &std::path::Path, out: &std::path::Path) -> Result<(), accord::recordings::DecryptError> {
    for span in accord::recordings::decrypt(data, out)? {
        println!("{}{}", span.path.display(), if span.ended { "" } else { " (ended by a crash)" });
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the report is what this command is for")]
fn verify(result: &std::path::Path, keys: Option<&std::path::Path>) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let bundle = std::fs::read(result).map_err(|error| format!("cannot read {}: {error}", result.display()))?;
    let trusted = match keys {
        Some(path) => {
            let text = std::fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
            Some(serde_json::from_slice(&text).map_err(|error| format!("{} is no key set: {error}", path.display()))?)
        }
        None => None,
    };
    let report = accord_evidence::verify(&bundle, trusted.as_ref());
    println!("{report}");
    Ok(if report.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}
