//! What makes the record of a mediation provable to people who were not there.
//!
//! In come events, what people signed on their own devices, and papers; out go a journal that cannot be altered
//! unnoticed, a result bundle for the case service, and a report in plain English on whether a bundle or a journal is
//! what it claims to be. The crate knows no clock, socket or store: times and salts are handed in. The one thing it
//! touches outside itself is the folder of signing keys ([`KeyFolder`]).
//!
//! Read in this order: [`canonical`] (bytes that are hashed and signed), [`merkle`] and [`journal`] (what happened),
//! [`keys`] and [`signed`] (what the server signs), [`device`] and [`statement`] (what people sign), [`seal`],
//! [`outcome`] and [`bundle`] (what is handed back), [`verify`] and [`report`] (whether it holds).
//! FORMATS.md, beside this file, has every hashed and signed byte for those who verify without this program.

mod archive;
pub mod bundle;
pub mod canonical;
pub mod device;
pub mod journal;
pub mod journal_file;
pub mod key_folder;
pub mod keys;
pub mod limits;
pub mod merkle;
pub mod outcome;
mod part;
pub mod report;
pub mod seal;
pub mod signed;
pub mod statement;
mod text_bytes;
pub mod verify;

#[cfg(test)]
mod tests;

pub use bundle::{Agreement, Bundle, BundleError, Papers};
pub use canonical::{CanonicalError, Digest, StrictJsonError};
pub use device::{DeviceCertificate, DeviceKey};
pub use journal::{Entry, Excerpt, Head, Journal, JournalError, Opening, ProvenEntry, Salt, recorded_statements};
pub use journal_file::{JournalWriter, verify_journal};
pub use key_folder::KeyFolder;
pub use keys::{KeyError, KeyId, KeyRing, KeySet, PublicKey, Purpose, Signature, Signer};
pub use merkle::{ConsistencyProof, Frontier, InclusionProof};
pub use outcome::{Ending, MediationResult, NoAgreementRecord, Outcome, Scope, Signatory, Terms};
pub use report::{Check, Finding, Report};
pub use seal::{Seal, SealRecord, SealRefusal};
pub use signed::{Signable, SignatureRefusal, Signed};
pub use statement::{
    Answer, Expectation, SignedStatement, Statement, StatementKind, StatementRefusal, Subject, VerifiedStatement,
};
pub use verify::verify;
