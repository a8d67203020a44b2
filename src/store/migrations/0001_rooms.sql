-- The first tables. Every key begins with the tenant; times are milliseconds since the epoch; a lease generation stands
-- beside whatever a process wrote while it held a room.

CREATE TABLE room (
    tenant           TEXT    NOT NULL,
    room             BLOB    NOT NULL,
    reference        TEXT    NOT NULL, -- the case service's own name for the room: its idempotency key
    request_digest   BLOB    NOT NULL, -- of the request that created it, to tell a repetition from a contradiction
    receipt          BLOB    NOT NULL, -- what the creator was answered, for repetitions
    created_at_ms    INTEGER NOT NULL,
    closed_at_ms     INTEGER,
    lease_generation INTEGER NOT NULL,
    next_sequence    INTEGER NOT NULL,
    PRIMARY KEY (tenant, room),
    UNIQUE (tenant, reference)
) STRICT;

CREATE TABLE event (
    tenant           TEXT    NOT NULL,
    room             BLOB    NOT NULL,
    sequence         INTEGER NOT NULL,
    at_ms            INTEGER NOT NULL,
    kind             TEXT    NOT NULL,
    lease_generation INTEGER NOT NULL,
    commitment       BLOB    NOT NULL,
    payload          BLOB,             -- both NULL once erased; the commitment stays
    salt             BLOB,
    PRIMARY KEY (tenant, room, sequence),
    FOREIGN KEY (tenant, room) REFERENCES room (tenant, room),
    CHECK ((payload IS NULL) = (salt IS NULL))
) STRICT;

CREATE TABLE invitation (
    tenant        TEXT    NOT NULL,
    room          BLOB    NOT NULL,
    invitation    BLOB    NOT NULL,
    participant   BLOB    NOT NULL,
    secret_hash   BLOB    NOT NULL UNIQUE, -- SHA-256; the secret itself is never stored
    created_at_ms INTEGER NOT NULL,
    revoked_at_ms INTEGER,
    PRIMARY KEY (tenant, room, invitation),
    FOREIGN KEY (tenant, room) REFERENCES room (tenant, room)
) STRICT;

CREATE TABLE outbox (
    tenant             TEXT    NOT NULL,
    delivery           BLOB    NOT NULL, -- also the receiver's idempotency key
    room               BLOB    NOT NULL,
    kind               TEXT    NOT NULL,
    case_number        TEXT    NOT NULL, -- empty for an application without a case number
    created_at_ms      INTEGER NOT NULL,
    attempts           INTEGER NOT NULL,
    next_attempt_at_ms INTEGER NOT NULL,
    last_failure       TEXT,
    delivered_at_ms    INTEGER,
    PRIMARY KEY (tenant, delivery),
    UNIQUE (tenant, room, kind, case_number),
    FOREIGN KEY (tenant, room) REFERENCES room (tenant, room)
) STRICT;

CREATE INDEX outbox_due ON outbox (next_attempt_at_ms) WHERE delivered_at_ms IS NULL;

CREATE TABLE document_update (
    tenant           TEXT    NOT NULL,
    room             BLOB    NOT NULL,
    document         TEXT    NOT NULL,
    sequence         INTEGER NOT NULL,
    lease_generation INTEGER NOT NULL,
    at_ms            INTEGER NOT NULL,
    bytes            BLOB    NOT NULL,
    PRIMARY KEY (tenant, room, document, sequence),
    FOREIGN KEY (tenant, room) REFERENCES room (tenant, room)
) STRICT;

CREATE TABLE document_snapshot (
    tenant           TEXT    NOT NULL,
    room             BLOB    NOT NULL,
    document         TEXT    NOT NULL,
    next_sequence    INTEGER NOT NULL, -- the snapshot holds every update before this one
    lease_generation INTEGER NOT NULL,
    at_ms            INTEGER NOT NULL,
    bytes            BLOB    NOT NULL,
    PRIMARY KEY (tenant, room, document),
    FOREIGN KEY (tenant, room) REFERENCES room (tenant, room)
) STRICT;

CREATE TABLE paper (
    tenant           TEXT    NOT NULL,
    room             BLOB    NOT NULL,
    digest           BLOB    NOT NULL, -- SHA-256 of the file
    lease_generation INTEGER NOT NULL, -- part of the file's path
    at_ms            INTEGER NOT NULL,
    PRIMARY KEY (tenant, room, digest),
    FOREIGN KEY (tenant, room) REFERENCES room (tenant, room)
) STRICT;
