//! Acknowledged is durable: a process that is killed without warning has kept every promise it made.
//!
//! The child is this same test binary, told by the environment to write instead of to test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]
#![allow(clippy::print_stdout, reason = "the child speaks to its parent")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use accord_room::{RoomId, TenantId};
use accord_store::{Append, NewEvent, NewRoom, RoomKey, Store};
use uuid::Uuid;

const FOLDER: &str = "ACCORD_STORE_TEST_FOLDER";
const WRITERS: u32 = 4;

fn key(writer: u32) -> RoomKey {
    RoomKey { tenant: TenantId("ccpit".into()), room: RoomId(Uuid::from_u128(u128::from(writer) + 1)) }
}

fn payload(writer: u32, sequence: u64) -> Vec<u8> {
    format!("{writer}:{sequence}:{}", "x".repeat(usize::try_from(sequence % 700).unwrap())).into_bytes()
}

fn event(writer: u32, sequence: u64) -> NewEvent {
    let payload = payload(writer, sequence);
    NewEvent { at_ms: sequence, kind: "said".into(), payload, salt: [1; 32], commitment: [2; 32] }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_acknowledged_event_and_update_survives_sigkill() {
    if let Ok(folder) = std::env::var(FOLDER) {
        return write_until_killed(Path::new(&folder)).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = vec![0u64; WRITERS as usize];
    for round in 1..=4usize {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "every_acknowledged_event_and_update_survives_sigkill", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut heard = 0;
        let mut note = |line: String| {
            let Some(numbers) = line.strip_prefix("acknowledged ") else { return 0 };
            let Some((writer, sequence)) = numbers.split_once(' ') else { return 0 };
            let writer: usize = writer.parse().unwrap();
            acknowledged[writer] = acknowledged[writer].max(sequence.parse::<u64>().unwrap() + 1);
            1
        };
        while heard < 60 * round {
            heard += note(lines.next().expect("the child writes until it is killed").unwrap());
        }
        child.kill().unwrap();
        child.wait().unwrap();
        // What it had said before it died counts as well; its last line may be cut off.
        for line in lines.map_while(Result::ok).filter(|line| line.ends_with(char::is_numeric)) {
            let _ = note(line);
        }

        let store = Store::open(folder.path()).await.unwrap();
        for writer in 0..WRITERS {
            let events = store.read_events(&key(writer), 0).await.unwrap();
            let promised = acknowledged[writer as usize];
            assert!(events.len() as u64 >= promised, "round {round}: {} of {promised}", events.len());
            for event in &events {
                assert_eq!(event.opening.as_ref().unwrap().payload, payload(writer, event.sequence));
            }
            let document = store.read_document(&key(writer), "minutes").await.unwrap();
            assert!(document.next_sequence >= promised, "round {round}: updates");
        }
        store.close().await;
    }
    assert!(acknowledged.iter().all(|count| *count > 0), "every writer was heard");
}

async fn write_until_killed(folder: &Path) {
    let store = Store::open(folder).await.unwrap();
    let mut writers = Vec::new();
    for writer in 0..WRITERS {
        let room = NewRoom {
            key: key(writer),
            reference: format!("case-{writer}"),
            request_digest: [0; 32],
            receipt: Vec::new(),
            at_ms: 1,
            events: Vec::new(),
            effects: Vec::new(),
        };
        store.create_room(room).await.unwrap();
        let lease = store.acquire_lease(&key(writer)).await.unwrap();
        let length = store.read_events(&key(writer), 0).await.unwrap().len() as u64;
        let store = store.clone();
        writers.push(tokio::spawn(async move {
            for sequence in length.. {
                let update = payload(writer, sequence);
                store.append_document_update(&key(writer), lease, "minutes", 1, update).await.unwrap();
                let events = vec![event(writer, sequence)];
                let append =
                    Append { key: key(writer), lease, expected_sequence: sequence, events, effects: Vec::new() };
                store.append(append).await.unwrap();
                println!("\nacknowledged {writer} {sequence}");
            }
        }));
    }
    for writer in writers {
        writer.await.unwrap();
    }
}
