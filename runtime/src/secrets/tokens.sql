-- Users' tokens for clusters, sealed with the key file. Clusters go by name: their numbers are the journal's.
CREATE TABLE tokens (
    user          TEXT NOT NULL,
    cluster       TEXT NOT NULL,
    sealed        BLOB NOT NULL,
    fingerprint   TEXT NOT NULL,
    expires_at    INTEGER,
    registered_at INTEGER NOT NULL,
    PRIMARY KEY (user, cluster)
) STRICT, WITHOUT ROWID;
