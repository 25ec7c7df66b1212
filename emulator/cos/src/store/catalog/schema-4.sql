-- Format 4: versions of a key stand beside each other, the newest first, and that one is current. So storing an object
-- changes one tree instead of three.

CREATE TABLE objects_4 (
    bucket    TEXT NOT NULL,
    key       TEXT NOT NULL,             -- compared byte by byte
    born      INTEGER NOT NULL,          -- microseconds
    slot      TEXT NOT NULL,             -- 'null' or a version id
    body      INTEGER NOT NULL,          -- which chunks are its bytes; 0: it has none
    size      INTEGER NOT NULL,
    is_marker INTEGER NOT NULL,          -- 1: a delete marker
    is_pieced INTEGER NOT NULL,          -- 1: the body is in `pieces`
    path      TEXT NOT NULL,             -- the file with the bytes, below the bucket's folder; '': no file
    record    TEXT NOT NULL,             -- JSON
    PRIMARY KEY (bucket, key, born DESC, slot)
) STRICT, WITHOUT ROWID;
INSERT INTO objects_4 SELECT bucket, key, born, slot, body, size, is_marker, is_pieced, path, record FROM objects;
DROP TABLE objects;
ALTER TABLE objects_4 RENAME TO objects;

-- Most objects have no versions, and nothing to do with this.
CREATE UNIQUE INDEX slots ON objects (bucket, key, slot) WHERE slot <> 'null';
