-- Format 1 of the store. `PRAGMA user_version` tells the number.

CREATE TABLE buckets (
    name   TEXT PRIMARY KEY,
    record TEXT NOT NULL                 -- JSON
) STRICT, WITHOUT ROWID;

CREATE TABLE objects (
    bucket TEXT NOT NULL,
    key    TEXT NOT NULL,                -- compared byte by byte
    slot   TEXT NOT NULL,                -- 'null' or a version id
    body   INTEGER NOT NULL,             -- which chunks are its bytes
    size   INTEGER NOT NULL,
    record TEXT NOT NULL,                -- JSON
    PRIMARY KEY (bucket, key, slot)
) STRICT, WITHOUT ROWID;

-- The bytes of body b are the chunks from b * 2^20 on, a mebibyte each.
CREATE TABLE chunks (
    id    INTEGER PRIMARY KEY,
    bytes BLOB NOT NULL
) STRICT;

-- Bodies that no object refers to: still coming in, or replaced while somebody may be reading. Swept when the store opens
-- and whenever the last reader leaves.
CREATE TABLE loose (
    body INTEGER PRIMARY KEY
) STRICT;
