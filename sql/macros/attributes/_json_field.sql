-- A field of a JSON object by its name, which may contain any character.
--
-- Parameters
--   document     JSON, an object
--   name         VARCHAR, the name of the field
-- Returns
--   JSON, NULL for an object without the field
-- Example
--   SELECT mmsql._json_field('{"a/b": 1}', 'a/b');
CREATE MACRO mmsql._json_field(document, name) AS
json_extract(document, '/' || replace(replace(name, '~', '~0'), '/', '~1'));
