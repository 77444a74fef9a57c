-- True if bytes begin as an image does: JPEG, PNG, GIF, WebP, BMP, TIFF, AVIF or HEIC.
--
-- Parameters
--   value    BLOB
-- Returns
--   BOOLEAN
CREATE OR REPLACE TEMP MACRO load_is_image(value) AS
    regexp_matches(
        hex(value[1:16]),
        '^(FFD8FF|89504E470D0A1A0A|47494638|52494646[0-9A-F]{8}57454250|424D|49492A00|4D4D002A|[0-9A-F]{8}66747970)'
    );
