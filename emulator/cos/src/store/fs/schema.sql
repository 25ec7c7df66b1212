-- What the store of plain files keeps in its catalog beside what every store does. `format` tells the version.

-- Paths of files, as file systems see them that ignore case.
CREATE TABLE IF NOT EXISTS paths (
    bucket TEXT NOT NULL,
    folded TEXT NOT NULL,
    PRIMARY KEY (bucket, folded)
) STRICT, WITHOUT ROWID;

-- What is committed, but may not be on disk in the folder yet, in the order of commits. The last one of a path counts.
CREATE TABLE IF NOT EXISTS notes (
    seq        INTEGER PRIMARY KEY,
    bucket     TEXT NOT NULL,
    path       TEXT NOT NULL,
    body       INTEGER NOT NULL,    -- which file of `staging` gets this path, unless the bytes are here
    bytes      BLOB,                -- the bytes of the file with this path
    gone_size  INTEGER,             -- size and CRC-64 of the file that is to go
    gone_crc64 INTEGER
) STRICT;

-- How often the store was opened, so that numbers of bodies never come again.
CREATE TABLE IF NOT EXISTS openings (
    count INTEGER NOT NULL
) STRICT;
INSERT INTO openings SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM openings);
