-- What people subscribe to. `user` is `%%admin%%` for the administrators.
CREATE TABLE subscriptions (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    user     TEXT NOT NULL,
    channel  TEXT NOT NULL,
    identity TEXT NOT NULL,
    severity TEXT NOT NULL,
    UNIQUE (user, channel, identity)
) STRICT;

-- Messages to one address each, by grid time. `due_at` is empty for what is held back, as too much went there within an
-- hour; `over_at` is there once a message was sent or given up.
CREATE TABLE outbox (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    channel    TEXT NOT NULL,
    identity   TEXT NOT NULL,
    severity   TEXT NOT NULL,
    code       TEXT NOT NULL,
    campaign   INTEGER,
    user       TEXT,
    subject    TEXT NOT NULL,
    body       TEXT NOT NULL,
    written_at INTEGER NOT NULL,
    due_at     INTEGER,
    attempts   INTEGER NOT NULL DEFAULT 0,
    over_at    INTEGER
) STRICT;
CREATE INDEX outbox_due ON outbox (due_at) WHERE over_at IS NULL;
CREATE INDEX outbox_to ON outbox (channel, identity, written_at);

-- What has been told of a campaign, and up to which event: more of the same is not told before somebody has dealt with it.
CREATE TABLE told (
    campaign INTEGER NOT NULL,
    code     TEXT NOT NULL,
    event    INTEGER NOT NULL,
    PRIMARY KEY (campaign, code)
) STRICT, WITHOUT ROWID;

-- Nobody is told the past of an older store.
INSERT INTO meta (key, value) SELECT 'told_event', coalesce(max(id), 0) FROM events;
