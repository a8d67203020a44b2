use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use super::sample::{FixedKeys, ROOM, TENANT, keys, signer};
use crate::*;

/// A folder of the test's own, gone afterwards.
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    pub(super) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("accord-evidence-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _gone = fs::remove_dir_all(&self.0);
    }
}

fn head() -> Head {
    Journal::resume(TENANT, ROOM, []).head(1)
}

#[test]
fn keys_are_made_once_for_each_purpose_and_found_again() {
    let folder = Folder::new();
    let made = KeyFolder::new(&folder.0).public_keys(TENANT).unwrap();
    let again = KeyFolder::new(&folder.0).public_keys(TENANT).unwrap();
    assert_eq!(made, again);
    assert_ne!(made, KeyFolder::new(&folder.0).public_keys("another").unwrap());
    let mut ids: Vec<_> = made.keys.iter().map(PublicKey::key_id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 3);
}

#[test]
fn private_keys_are_readable_by_their_owner_only_and_leave_no_drafts() {
    let folder = Folder::new();
    KeyFolder::new(&folder.0).public_keys(TENANT).unwrap();
    let files: Vec<_> = fs::read_dir(folder.0.join(TENANT)).unwrap().map(Result::unwrap).collect();
    assert_eq!(files.len(), 3);
    for file in files {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
    }
    assert_eq!(fs::metadata(folder.0.join(TENANT)).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    let folder = Folder::new();
    KeyFolder::new(&folder.0).public_keys(TENANT).unwrap();
    let path = folder.0.join(TENANT).join("seal.pk8");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let refused = KeyFolder::new(&folder.0).signer(TENANT, Purpose::Seal).err();
    assert!(matches!(refused, Some(KeyError::Exposed { .. })), "{refused:?}");
}

#[test]
fn a_damaged_key_is_refused_and_never_replaced() {
    let folder = Folder::new();
    KeyFolder::new(&folder.0).public_keys(TENANT).unwrap();
    let path = folder.0.join(TENANT).join("seal.pk8");
    fs::write(&path, b"not a key").unwrap();
    let refused = KeyFolder::new(&folder.0).signer(TENANT, Purpose::Seal).err();
    assert!(matches!(refused, Some(KeyError::NotAKey { .. })), "{refused:?}");
    assert_eq!(fs::read(&path).unwrap(), b"not a key");
}

#[test]
fn a_tenant_that_climbs_out_of_the_folder_is_refused() {
    let folder = Folder::new();
    for tenant in ["", ".", "..", "../x", "a/b", ".hidden", "a\0b", "法院", &"x".repeat(65)] {
        let refused = KeyFolder::new(&folder.0).signer(tenant, Purpose::Seal).err();
        assert!(matches!(refused, Some(KeyError::Tenant { .. })), "{tenant:?}: {refused:?}");
    }
}

#[test]
fn two_that_make_a_key_at_once_get_the_same_one() {
    let folder = Folder::new();
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let path = folder.0.clone();
            std::thread::spawn(move || KeyFolder::new(path).public_keys(TENANT).unwrap())
        })
        .collect();
    let sets: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert!(sets.iter().all(|set| *set == sets[0]));
}

#[test]
fn a_key_signs_nothing_but_what_it_is_for() {
    let seal_key = signer(Purpose::Seal);
    assert!(matches!(Signed::sign(head(), seal_key.as_ref()), Err(KeyError::WrongKey { .. })));
    let foreign = FixedKeys.signer("another", Purpose::JournalHead).unwrap();
    assert!(matches!(Signed::sign(head(), foreign.as_ref()), Err(KeyError::WrongKey { .. })));
}

#[test]
fn a_signature_of_the_wrong_key_context_or_content_is_refused() {
    let signed = Signed::sign(head(), signer(Purpose::JournalHead).as_ref()).unwrap();
    assert!(signed.verify(&keys()).is_ok());
    assert!(matches!(signed.verify(&KeySet::default()), Err(SignatureRefusal::UnknownKey { .. })));

    let changed = Signed { body: Head { size: 1, ..signed.body.clone() }, ..signed.clone() };
    assert!(matches!(changed.verify(&keys()), Err(SignatureRefusal::BadSignature)));
    let moved = Signed { body: Head { tenant: "another".into(), ..signed.body.clone() }, ..signed.clone() };
    assert!(matches!(moved.verify(&keys()), Err(SignatureRefusal::WrongKey { .. })));
    let other_key = Signed { key_id: signer(Purpose::Seal).public_key().key_id(), ..signed.clone() };
    assert!(matches!(other_key.verify(&keys()), Err(SignatureRefusal::WrongKey { .. })));

    // The same bytes without their context, signed by the right key.
    let bare = signer(Purpose::JournalHead).sign(&canonical::to_canonical(&head()).unwrap()).unwrap();
    let bare = Signed { signature: bare, ..signed };
    assert!(matches!(bare.verify(&keys()), Err(SignatureRefusal::BadSignature)));
}

#[test]
fn a_key_under_a_strange_fingerprint_cannot_be_read() {
    let mut set = serde_json::to_value(keys()).unwrap();
    let text = set.to_string();
    assert_eq!(serde_json::from_str::<KeySet>(&text).unwrap(), keys());
    set["keys"][0]["key_id"] = set["keys"][1]["key_id"].clone();
    assert!(serde_json::from_value::<KeySet>(set).is_err());
}
