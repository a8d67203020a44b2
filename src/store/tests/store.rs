//! What the store promises, each promise a test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

use std::path::{Path, PathBuf};
use std::task::Poll;

use accord_room::{InvitationId, ParticipantId, RoomId, TenantId};
use accord_store::{
    Append, Creation, Effect, LeaseGeneration, NewDelivery, NewEvent, NewRoom, RoomKey, Store, StoreError, limits,
};
use sqlx::{ConnectOptions, Connection};
use tempfile::TempDir;
use uuid::Uuid;

fn key(tenant: &str) -> RoomKey {
    RoomKey { tenant: TenantId(tenant.into()), room: RoomId(Uuid::new_v4()) }
}

fn event(payload: &str) -> NewEvent {
    NewEvent { at_ms: 1, kind: "said".into(), payload: payload.as_bytes().to_vec(), salt: [7; 32], commitment: [9; 32] }
}

fn new_room(key: &RoomKey, reference: &str) -> NewRoom {
    NewRoom {
        key: key.clone(),
        reference: reference.into(),
        request_digest: [1; 32],
        receipt: b"receipt".to_vec(),
        at_ms: 5,
        events: vec![event("founded")],
        effects: Vec::new(),
    }
}

fn append(key: &RoomKey, lease: LeaseGeneration, expected_sequence: u64, payload: &str) -> Append {
    Append { key: key.clone(), lease, expected_sequence, events: vec![event(payload)], effects: Vec::new() }
}

async fn opened() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    (folder, store)
}

async fn created(store: &Store, tenant: &str) -> (RoomKey, LeaseGeneration) {
    let key = key(tenant);
    let reference = key.room.to_string();
    let Creation::Created { lease } = store.create_room(new_room(&key, &reference)).await.unwrap() else {
        panic!("the reference is fresh")
    };
    (key, lease)
}

fn delivery(case_number: Option<&str>, at_ms: u64) -> NewDelivery {
    NewDelivery { delivery: Uuid::new_v4(), kind: "result".into(), case_number: case_number.map(Into::into), at_ms }
}

#[tokio::test]
async fn a_room_and_its_first_events_come_into_being_together_and_are_there_after_reopening() {
    let (folder, store) = opened().await;
    let (key, lease) = created(&store, "ccpit").await;
    store.append(append(&key, lease, 1, "arrived")).await.unwrap();
    store.close().await;

    let store = Store::open(folder.path()).await.unwrap();
    let events = store.read_events(&key, 0).await.unwrap();
    let payloads: Vec<_> = events.iter().map(|event| event.opening.as_ref().unwrap().payload.as_slice()).collect();
    assert_eq!(payloads, [b"founded".as_slice(), b"arrived"]);
    assert_eq!(events.iter().map(|event| event.sequence).collect::<Vec<_>>(), [0, 1]);
    assert_eq!((events[1].lease, events[1].commitment), (lease, [9; 32]));
    assert_eq!(store.read_events(&key, 1).await.unwrap().len(), 1);
    assert_eq!(store.rooms_live().await.unwrap()[0].next_sequence, 2);
}

#[tokio::test]
async fn a_reference_used_again_names_the_same_room_and_writes_nothing() {
    let (_folder, store) = opened().await;
    let first = key("ccpit");
    store.create_room(new_room(&first, "case-1")).await.unwrap();
    let again = store.create_room(new_room(&key("ccpit"), "case-1")).await.unwrap();
    let existing = Creation::Existing { room: first.room, request_digest: [1; 32], receipt: b"receipt".to_vec() };
    assert_eq!(again, existing);
    assert_eq!(store.rooms_live().await.unwrap().len(), 1);
    assert_eq!(store.find_room(&first.tenant, "case-1").await.unwrap(), Some(first.room));
    assert_eq!(store.room_reference(&first).await.unwrap(), "case-1");
}

#[tokio::test]
async fn the_same_reference_of_two_tenants_names_two_rooms() {
    let (_folder, store) = opened().await;
    for tenant in ["ccpit", "karaoke"] {
        let creation = store.create_room(new_room(&key(tenant), "case-1")).await.unwrap();
        assert!(matches!(creation, Creation::Created { .. }));
    }
}

#[tokio::test]
async fn a_room_is_invisible_to_another_tenant() {
    let (_folder, store) = opened().await;
    let (own, lease) = created(&store, "ccpit").await;
    let digest = store.put_paper(&own, lease, 1, b"paper".to_vec()).await.unwrap();
    let foreign = RoomKey { tenant: TenantId("karaoke".into()), room: own.room };
    assert!(store.read_events(&foreign, 0).await.unwrap().is_empty());
    assert_eq!(store.read_paper(&foreign, &digest).await.unwrap(), None);
    assert!(matches!(store.acquire_lease(&foreign).await, Err(StoreError::NoSuchRoom)));
    assert!(matches!(store.append(append(&foreign, lease, 1, "x")).await, Err(StoreError::NoSuchRoom)));
}

#[tokio::test]
async fn a_process_that_was_replaced_can_write_nothing_more() {
    let (_folder, store) = opened().await;
    let (key, old) = created(&store, "ccpit").await;
    let new = store.acquire_lease(&key).await.unwrap();
    assert!(new > old);

    let is_lost = |error: &StoreError| matches!(error, StoreError::LeaseLost { held, current } if *held == old && *current == new);
    assert!(is_lost(&store.append(append(&key, old, 1, "late")).await.unwrap_err()));
    let update = store.append_document_update(&key, old, "minutes", 1, vec![1]).await;
    assert!(is_lost(&update.unwrap_err()));
    assert!(is_lost(&store.compact_document(&key, old, "minutes", 1, 0, vec![]).await.unwrap_err()));
    assert!(is_lost(&store.put_paper(&key, old, 1, b"late".to_vec()).await.unwrap_err()));
    assert!(is_lost(&store.erase_events(&key, old, vec![0]).await.unwrap_err()));

    store.append(append(&key, new, 1, "in time")).await.unwrap();
    assert_eq!(store.read_events(&key, 0).await.unwrap().len(), 2);
}

#[tokio::test]
async fn an_append_at_another_place_than_the_end_is_refused() {
    let (_folder, store) = opened().await;
    let (key, lease) = created(&store, "ccpit").await;
    for expected_sequence in [0, 2] {
        let refusal = store.append(append(&key, lease, expected_sequence, "x")).await.unwrap_err();
        assert!(matches!(refusal, StoreError::OtherSequence { found: 1, .. }), "{refusal}");
    }
}

#[tokio::test]
async fn events_and_what_they_cause_are_one_transaction() {
    let (_folder, store) = opened().await;
    let (key, lease) = created(&store, "ccpit").await;
    let participant = ParticipantId(Uuid::new_v4());
    let invite = |invitation: Uuid| Effect::Invite {
        invitation: InvitationId(invitation),
        participant,
        secret_hash: [3; 32],
        at_ms: 2,
    };
    let mut good = append(&key, lease, 1, "invited");
    good.effects = vec![invite(Uuid::new_v4()), Effect::Deliver(delivery(Some("(2026)1"), 2))];
    store.append(good).await.unwrap();

    // The second invitation has the first one's secret, which the database refuses: the event and the delivery go with it.
    let mut bad = append(&key, lease, 2, "invited twice");
    bad.effects = vec![Effect::Deliver(delivery(Some("(2026)2"), 3)), invite(Uuid::new_v4())];
    assert!(matches!(store.append(bad).await, Err(StoreError::Database(_))));
    assert_eq!(store.read_events(&key, 0).await.unwrap().len(), 2);
    assert_eq!(store.due_deliveries(9, 9).await.unwrap().len(), 1);
    assert!(store.find_invitation(&[3; 32]).await.unwrap().unwrap().revoked_at_ms.is_none());
}

#[tokio::test]
async fn a_failing_write_takes_no_other_of_its_batch_along() {
    let (_folder, store) = opened().await;
    let mut rooms = Vec::new();
    for _ in 0..40 {
        rooms.push(created(&store, "ccpit").await);
    }
    let writes: Vec<_> = rooms
        .iter()
        .enumerate()
        .map(|(number, (key, lease))| {
            // Every third one believes in a log that is not there.
            let expected_sequence = if number % 3 == 0 { 5 } else { 1 };
            let (store, write) = (store.clone(), append(key, *lease, expected_sequence, "x"));
            tokio::spawn(async move { store.append(write).await })
        })
        .collect();
    for (number, write) in writes.into_iter().enumerate() {
        assert_eq!(write.await.unwrap().is_ok(), number % 3 != 0, "write {number}");
    }
    for (number, (key, _)) in rooms.iter().enumerate() {
        let length = if number % 3 == 0 { 1 } else { 2 };
        assert_eq!(store.read_events(key, 0).await.unwrap().len(), length, "room {number}");
    }
}

#[tokio::test]
async fn a_caller_that_goes_away_does_not_disturb_the_writer() {
    let (_folder, store) = opened().await;
    let (abandoned, lease) = created(&store, "ccpit").await;
    let (other, other_lease) = created(&store, "ccpit").await;
    let mut going = Box::pin(store.append(append(&abandoned, lease, 1, "abandoned")));
    // Polled once: the write is queued, and its caller goes.
    assert!(std::future::poll_fn(|context| Poll::Ready(going.as_mut().poll(context))).await.is_pending());
    drop(going);
    store.append(append(&other, other_lease, 1, "next")).await.unwrap();
    // What was queued stands: its caller may not have heard of it, and finds it when it reads again.
    assert_eq!(store.read_events(&abandoned, 0).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_locked_database_refuses_and_the_writer_recovers() {
    let (folder, store) = opened().await;
    let (key, lease) = created(&store, "ccpit").await;
    let path = folder.path().join("accord.sqlite");
    let mut other = sqlx::sqlite::SqliteConnectOptions::new().filename(path).connect().await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    assert!(matches!(store.append(append(&key, lease, 1, "x")).await, Err(StoreError::NotDurable)));
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    store.append(append(&key, lease, 1, "x")).await.unwrap();
    assert_eq!(store.read_events(&key, 0).await.unwrap().len(), 2);
}

#[tokio::test]
async fn closing_commits_what_is_queued_and_refuses_what_comes_later() {
    let (folder, store) = opened().await;
    let (key, lease) = created(&store, "ccpit").await;
    let clone = store.clone();
    let mut queued = Box::pin(clone.append(append(&key, lease, 1, "queued")));
    assert!(std::future::poll_fn(|context| Poll::Ready(queued.as_mut().poll(context))).await.is_pending());
    store.close().await;
    queued.await.unwrap();
    assert!(matches!(clone.append(append(&key, lease, 2, "late")).await, Err(StoreError::Closed)));
    let store = Store::open(folder.path()).await.unwrap();
    assert_eq!(store.read_events(&key, 0).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_left_alone() {
    let (folder, store) = opened().await;
    store.close().await;
    let path = folder.path().join("accord.sqlite");
    let mut newer = sqlx::sqlite::SqliteConnectOptions::new().filename(path).connect().await.unwrap();
    let migration = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                     VALUES (999, 'from the future', TRUE, x'00', 0)";
    sqlx::query(migration).execute(&mut newer).await.unwrap();
    newer.close().await.unwrap();
    assert!(matches!(Store::open(folder.path()).await, Err(StoreError::Migration(_))));
}

#[tokio::test]
async fn an_invitation_is_found_by_its_secrets_hash_until_a_newer_one_or_a_revocation() {
    let (_folder, store) = opened().await;
    let (key, lease) = created(&store, "ccpit").await;
    let participant = ParticipantId(Uuid::new_v4());
    let mut sequence = 1;
    for (secret_hash, at_ms) in [([1; 32], 10), ([2; 32], 20)] {
        let mut invited = append(&key, lease, sequence, "invited");
        let invitation = InvitationId(Uuid::new_v4());
        invited.effects = vec![Effect::Invite { invitation, participant, secret_hash, at_ms }];
        store.append(invited).await.unwrap();
        sequence += 1;
        let found = store.find_invitation(&secret_hash).await.unwrap().unwrap();
        assert_eq!((found.key, found.invitation, found.participant), (key.clone(), invitation, participant));
        assert_eq!(found.revoked_at_ms, None);
    }
    let revoked = async |secret_hash| store.find_invitation(&secret_hash).await.unwrap().unwrap().revoked_at_ms;
    assert_eq!(revoked([1; 32]).await, Some(20));
    let mut revocation = append(&key, lease, sequence, "revoked");
    revocation.effects = vec![Effect::Revoke { participant, at_ms: 30 }];
    store.append(revocation).await.unwrap();
    assert_eq!((revoked([1; 32]).await, revoked([2; 32]).await), (Some(20), Some(30)));
    assert_eq!(store.find_invitation(&[9; 32]).await.unwrap(), None);
}

#[tokio::test]
async fn a_delivery_stays_in_the_outbox_until_it_is_received() {
    let (_folder, store) = opened().await;
    let (key, lease) = created(&store, "ccpit").await;
    let owed = delivery(Some("(2026)京0101民初1号"), 100);
    let mut concluded = append(&key, lease, 1, "ended");
    concluded.effects = vec![Effect::Deliver(owed.clone())];
    store.append(concluded).await.unwrap();

    assert!(store.due_deliveries(99, 10).await.unwrap().is_empty());
    let due = store.due_deliveries(100, 10).await.unwrap();
    assert_eq!((due[0].delivery, due[0].case_number.as_deref()), (owed.delivery, owed.case_number.as_deref()));
    assert_eq!(due[0].key, key);

    let tenant = &key.tenant;
    store.mark_failed(tenant, owed.delivery, 500, "the receiver answered 503").await.unwrap();
    assert!(store.due_deliveries(499, 10).await.unwrap().is_empty());
    let retried = &store.undelivered(tenant, 10).await.unwrap()[0];
    assert_eq!((retried.attempts, retried.created_at_ms), (1, 100));
    assert_eq!(retried.last_failure.as_deref(), Some("the receiver answered 503"));

    let foreign = TenantId("karaoke".into());
    let refusal = store.mark_delivered(&foreign, owed.delivery, 600).await.unwrap_err();
    assert!(matches!(refusal, StoreError::NoSuchDelivery));
    for _ in 0..2 {
        store.mark_delivered(tenant, owed.delivery, 600).await.unwrap();
    }
    assert!(store.due_deliveries(u64::MAX >> 1, 10).await.unwrap().is_empty());
    assert!(store.undelivered(tenant, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_case_gets_one_delivery_however_often_it_is_asked_for() {
    let (_folder, store) = opened().await;
    let (key, lease) = created(&store, "ccpit").await;
    for sequence in 1..4 {
        let mut concluded = append(&key, lease, sequence, "ended");
        concluded.effects = [Some("A"), Some("B"), None].map(|case| Effect::Deliver(delivery(case, 1))).into();
        store.append(concluded).await.unwrap();
    }
    let mut cases: Vec<_> = store.due_deliveries(1, 10).await.unwrap().into_iter().map(|due| due.case_number).collect();
    cases.sort();
    assert_eq!(cases, [None, Some("A".into()), Some("B".into())]);
}

#[tokio::test]
async fn a_closed_room_is_not_loaded_and_can_still_be_read() {
    let (_folder, store) = opened().await;
    let (key, lease) = created(&store, "ccpit").await;
    let mut closing = append(&key, lease, 1, "received");
    closing.effects = vec![Effect::Close { at_ms: 9 }];
    store.append(closing).await.unwrap();
    assert!(store.rooms_live().await.unwrap().is_empty());
    assert_eq!(store.read_events(&key, 0).await.unwrap().len(), 2);
}

#[tokio::test]
async fn document_updates_come_back_in_order_and_survive_compaction() {
    let (_folder, store) = opened().await;
    let (key, lease) = created(&store, "ccpit").await;
    for number in 0..4u8 {
        let sequence = store.append_document_update(&key, lease, "minutes", 1, vec![number]).await.unwrap();
        assert_eq!(sequence, u64::from(number));
    }
    store.append_document_update(&key, lease, "agreement", 1, vec![99]).await.unwrap();
    store.compact_document(&key, lease, "minutes", 2, 3, vec![0, 1, 2]).await.unwrap();
    let document = store.read_document(&key, "minutes").await.unwrap();
    assert_eq!((document.snapshot, document.updates), (Some(vec![0, 1, 2]), vec![vec![3]]));
    assert_eq!(document.next_sequence, 4);

    store.compact_document(&key, lease, "minutes", 3, 4, vec![0, 1, 2, 3]).await.unwrap();
    // A compaction that comes late changes nothing.
    store.compact_document(&key, lease, "minutes", 4, 2, vec![0, 1]).await.unwrap();
    let document = store.read_document(&key, "minutes").await.unwrap();
    assert_eq!((document.snapshot, document.updates.len()), (Some(vec![0, 1, 2, 3]), 0));
    assert_eq!(store.append_document_update(&key, lease, "minutes", 5, vec![4]).await.unwrap(), 4);
    assert_eq!(store.read_document(&key, "agreement").await.unwrap().updates, [[99]]);

    let too_far = store.compact_document(&key, lease, "minutes", 6, 6, vec![]).await.unwrap_err();
    assert!(matches!(too_far, StoreError::OtherSequence { expected: 6, found: 5 }));
}

#[tokio::test]
async fn a_paper_is_kept_by_its_digest_and_a_flipped_byte_on_disk_is_noticed() {
    let (folder, store) = opened().await;
    let (key, lease) = created(&store, "ccpit").await;
    let digest = store.put_paper(&key, lease, 1, b"%PDF-1.7 agreement".to_vec()).await.unwrap();
    assert_eq!(store.put_paper(&key, lease, 2, b"%PDF-1.7 agreement".to_vec()).await.unwrap(), digest);
    assert_eq!(store.read_paper(&key, &digest).await.unwrap().unwrap(), b"%PDF-1.7 agreement");
    assert_eq!(store.read_paper(&key, &[0; 32]).await.unwrap(), None);

    let room = folder.path().join("objects/ccpit").join(key.room.to_string()).join(lease.to_string());
    let path = room.join(hex::encode(digest));
    std::fs::write(&path, b"%PDF-1.7 agreemenT").unwrap();
    assert!(matches!(store.read_paper(&key, &digest).await, Err(StoreError::Damaged(_))));
}

#[tokio::test]
async fn a_half_written_paper_of_a_crash_is_cleared_away() {
    let (folder, store) = opened().await;
    store.close().await;
    let left = folder.path().join("objects/.unfinished/left");
    std::fs::write(&left, b"half").unwrap();
    Store::open(folder.path()).await.unwrap();
    assert!(!left.exists());
}

#[tokio::test]
async fn an_erased_event_leaves_its_commitment_and_no_byte_of_itself_on_disk() {
    let (folder, store) = opened().await;
    let (key, lease) = created(&store, "ccpit").await;
    let marker = "erase-me-0123456789-erase-me";
    store.append(append(&key, lease, 1, marker)).await.unwrap();
    store.append(append(&key, lease, 2, "kept-0123456789-kept")).await.unwrap();
    assert!(is_on_disk(folder.path(), marker), "the control: it was there");

    for _ in 0..2 {
        store.erase_events(&key, lease, vec![1]).await.unwrap();
    }
    let events = store.read_events(&key, 0).await.unwrap();
    assert_eq!((&events[1].opening, events[1].commitment), (&None, [9; 32]));
    assert!(events[2].opening.is_some());
    assert!(!is_on_disk(folder.path(), marker));
    assert!(is_on_disk(folder.path(), "kept-0123456789-kept"));
}

#[tokio::test]
async fn a_tenant_that_would_name_another_folder_is_refused() {
    let (_folder, store) = opened().await;
    for tenant in ["", ".", "..", "a/b", "../a", "A", "a b", "法院", &"a".repeat(limits::TENANT_BYTES_MAX + 1)] {
        let refusal = store.create_room(new_room(&key(tenant), "case-1")).await.unwrap_err();
        assert!(matches!(refusal, StoreError::BadTenant), "{tenant}");
    }
}

#[tokio::test]
async fn what_is_over_its_limit_is_refused_before_it_is_queued() {
    let (_folder, store) = opened().await;
    let (key, lease) = created(&store, "ccpit").await;
    let is_too_large = |refusal: StoreError| matches!(refusal, StoreError::TooLarge { .. });
    let long = append(&key, lease, 1, &"x".repeat(limits::EVENT_BYTES_MAX + 1));
    assert!(is_too_large(store.append(long).await.unwrap_err()));
    let mut many = append(&key, lease, 1, "x");
    many.events = vec![event("x"); limits::EVENTS_PER_APPEND_MAX + 1];
    assert!(is_too_large(store.append(many).await.unwrap_err()));
    let update = vec![0; limits::DOCUMENT_UPDATE_BYTES_MAX + 1];
    assert!(is_too_large(store.append_document_update(&key, lease, "minutes", 1, update).await.unwrap_err()));
    let paper = vec![0; limits::PAPER_BYTES_MAX + 1];
    assert!(is_too_large(store.put_paper(&key, lease, 1, paper).await.unwrap_err()));
    let mut unnamed = new_room(&RoomKey { room: RoomId(Uuid::new_v4()), ..key }, "");
    unnamed.reference = "x".repeat(limits::REFERENCE_BYTES_MAX + 1);
    assert!(is_too_large(store.create_room(unnamed).await.unwrap_err()));
}

#[tokio::test]
async fn nobody_else_on_the_machine_may_look_into_the_folder() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::tempdir().unwrap();
    let folder: PathBuf = parent.path().join("data");
    Store::open(&folder).await.unwrap();
    assert_eq!(std::fs::metadata(&folder).unwrap().permissions().mode() & 0o077, 0);
}

fn is_on_disk(folder: &Path, marker: &str) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return is_on_disk(&path, marker);
        }
        let bytes = std::fs::read(path).unwrap();
        bytes.windows(marker.len()).any(|window| window == marker.as_bytes())
    })
}
