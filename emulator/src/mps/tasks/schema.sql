-- One row for each task. Times are milliseconds since 1970-01-01T00:00:00Z.
CREATE TABLE task (
    number          INTEGER PRIMARY KEY,
    id              TEXT    NOT NULL UNIQUE,
    kind            TEXT    NOT NULL,
    -- 0 waits, 1 is processed, 2 has finished.
    status          INTEGER NOT NULL,
    created         INTEGER NOT NULL,
    began           INTEGER,
    finished        INTEGER,
    priority        INTEGER NOT NULL,
    session_id      TEXT    NOT NULL,
    session_context TEXT    NOT NULL,
    -- TaskNotifyConfig as JSON.
    notify          TEXT,
    -- Names of section 11.4, separated by commas.
    sub_tasks       TEXT    NOT NULL,
    has_failed      INTEGER NOT NULL,
    -- What is to be done, as JSON, until it is done.
    job             TEXT,
    -- What has come of it: JSON, deflated.
    detail          BLOB
) STRICT;

CREATE INDEX task_by_status ON task (status, created, number, has_failed);
CREATE INDEX task_by_session ON task (session_id, created) WHERE session_id <> '';

-- The number of the last task that there ever was: numbers are never used again.
CREATE TABLE counter (last INTEGER NOT NULL) STRICT;
INSERT INTO counter VALUES (0);
