-- Format 3: bytes may be in a file of a folder, and what has no bytes has body 0.

ALTER TABLE objects ADD COLUMN path TEXT NOT NULL DEFAULT '';          -- that file, below the bucket's folder; '': no file
UPDATE objects SET body = 0, is_pieced = 0 WHERE size = 0;
