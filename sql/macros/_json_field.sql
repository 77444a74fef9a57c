-- A field of a JSON object, by its name, whatever is in that.
--
-- Parameters
--   document     JSON, an object
--   name         a text
-- Returns
--   JSON, NULL where there is no such field
-- Example
--   SELECT mmsql._json_field('{"a/b": 1}', 'a/b');
CREATE MACRO mmsql._json_field(document, name) AS
json_extract(document, '/' || replace(replace(name, '~', '~0'), '/', '~1'));
