-- Format 2: versions of keys, uploads in parts, bodies that are made of others, and documents of buckets.

ALTER TABLE objects ADD COLUMN born INTEGER NOT NULL DEFAULT 0;        -- microseconds, the greatest of a key is current
ALTER TABLE objects ADD COLUMN is_marker INTEGER NOT NULL DEFAULT 0;   -- 1: a delete marker
ALTER TABLE objects ADD COLUMN is_current INTEGER NOT NULL DEFAULT 1;
ALTER TABLE objects ADD COLUMN is_pieced INTEGER NOT NULL DEFAULT 0;   -- 1: the body is in `pieces`
CREATE INDEX versions ON objects (bucket, key, born DESC);
CREATE INDEX current ON objects (bucket, key) WHERE is_current = 1;

-- Where the bytes of a body from `start` on are, if they are in the chunks of other bodies.
CREATE TABLE pieces (
    body   INTEGER NOT NULL,
    start  INTEGER NOT NULL,
    source INTEGER NOT NULL,
    size   INTEGER NOT NULL,
    PRIMARY KEY (body, start)
) STRICT, WITHOUT ROWID;

CREATE TABLE uploads (
    bucket TEXT NOT NULL,
    key    TEXT NOT NULL,
    id     TEXT NOT NULL,
    record TEXT NOT NULL,                -- JSON
    PRIMARY KEY (bucket, key, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE parts (
    bucket TEXT NOT NULL,
    key    TEXT NOT NULL,
    id     TEXT NOT NULL,
    number INTEGER NOT NULL,
    body   INTEGER NOT NULL,
    size   INTEGER NOT NULL,
    record TEXT NOT NULL,                -- JSON
    PRIMARY KEY (bucket, key, id, number)
) STRICT, WITHOUT ROWID;

-- Sub-resources of buckets: small, and all in memory while the store is open.
CREATE TABLE documents (
    bucket TEXT NOT NULL,
    name   TEXT NOT NULL,
    bytes  BLOB NOT NULL,
    PRIMARY KEY (bucket, name)
) STRICT, WITHOUT ROWID;
