-- The journal: what the core was told, and what it decided. Nothing else is needed to start.
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Facts in the order in which they were told, some to a row: the first of them has the number `seq`.
CREATE TABLE facts (
    seq   INTEGER PRIMARY KEY,
    count INTEGER NOT NULL,
    data  TEXT NOT NULL
) STRICT;

-- Parameters of submissions and additions, which the facts leave out.
CREATE TABLE parameters (
    id       INTEGER PRIMARY KEY,
    campaign INTEGER NOT NULL,
    first    INTEGER NOT NULL,
    count    INTEGER NOT NULL,
    data     BLOB NOT NULL,
    UNIQUE (campaign, first)
) STRICT;

CREATE TABLE cycles (
    id        INTEGER PRIMARY KEY,
    now       INTEGER NOT NULL,
    last_fact INTEGER NOT NULL,
    snapshots TEXT NOT NULL,
    commands  TEXT NOT NULL
) STRICT;

-- The core's memory after a cycle. `reconfigured`: its settings were changed right after that cycle.
CREATE TABLE checkpoints (
    id           INTEGER PRIMARY KEY,
    cycle        INTEGER NOT NULL,
    last_fact    INTEGER NOT NULL,
    reconfigured INTEGER NOT NULL,
    data         BLOB NOT NULL
) STRICT;
CREATE INDEX checkpoints_reconfigured ON checkpoints (cycle) WHERE reconfigured;

-- Commands without a final answer.
CREATE TABLE intents (
    command     INTEGER PRIMARY KEY,
    cluster     INTEGER NOT NULL,
    intent_at   INTEGER NOT NULL,
    send_before INTEGER NOT NULL,
    lease_until INTEGER NOT NULL,
    name        TEXT NOT NULL,
    first_job   INTEGER,
    data        TEXT NOT NULL
) STRICT;

-- Rows for people. They follow from the journal, and no decision reads them.
CREATE TABLE campaigns (
    id           INTEGER PRIMARY KEY,
    user         TEXT NOT NULL,
    name         TEXT NOT NULL,
    state        TEXT NOT NULL,
    submitted_at INTEGER NOT NULL,
    completed_at INTEGER,
    total        INTEGER NOT NULL,
    finished     INTEGER NOT NULL DEFAULT 0,
    jdl          TEXT NOT NULL
) STRICT;
CREATE INDEX campaigns_by_state ON campaigns (state, id);

CREATE TABLE couples (
    campaign INTEGER NOT NULL,
    cluster  INTEGER NOT NULL,
    active   INTEGER NOT NULL DEFAULT 0,
    queued   INTEGER NOT NULL DEFAULT 0,
    prologue INTEGER NOT NULL,
    epilogue INTEGER NOT NULL,
    PRIMARY KEY (campaign, cluster)
) STRICT, WITHOUT ROWID;

-- One row a try. `task` is empty for prologues and epilogues.
CREATE TABLE jobs (
    id           INTEGER PRIMARY KEY,
    campaign     INTEGER NOT NULL,
    task         INTEGER,
    tag          TEXT,
    cluster      INTEGER NOT NULL,
    remote       INTEGER,
    state        TEXT NOT NULL,
    besteffort   INTEGER NOT NULL,
    submitted_at INTEGER,
    started_at   INTEGER,
    stopped_at   INTEGER,
    return_code  INTEGER,
    node         TEXT,
    stderr       TEXT
) STRICT;
CREATE INDEX jobs_by_task ON jobs (campaign, task);
CREATE INDEX jobs_alive ON jobs (id) WHERE stopped_at IS NULL AND state NOT IN ('event', 'terminated');

-- `event` is the core's number, for those that it keeps open.
CREATE TABLE events (
    id        INTEGER PRIMARY KEY,
    event     INTEGER UNIQUE,
    class     TEXT NOT NULL,
    code      TEXT NOT NULL,
    open      INTEGER NOT NULL,
    job       INTEGER,
    cluster   INTEGER,
    campaign  INTEGER,
    parent    INTEGER,
    opened_at INTEGER NOT NULL,
    closed_at INTEGER,
    message   TEXT
) STRICT;
CREATE INDEX events_by_campaign ON events (campaign, id);
CREATE INDEX events_open ON events (id) WHERE open = 1;

CREATE TABLE clusters (
    id             INTEGER PRIMARY KEY,
    blacklisted    INTEGER NOT NULL,
    under_stress   INTEGER NOT NULL,
    stress         REAL,
    observed_at    INTEGER,
    capacity_cores INTEGER NOT NULL,
    used_cores     INTEGER NOT NULL,
    our_cores      INTEGER NOT NULL,
    our_running    INTEGER NOT NULL,
    our_waiting    INTEGER NOT NULL
) STRICT;
