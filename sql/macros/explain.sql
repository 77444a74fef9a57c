-- Why an item has its score for a user: the parts of the sum, largest first. Contributions add up to the score.
--
-- Parameters
--   target_user      a user id
--   target_item      an item id
-- Returns
--   modality         VARCHAR: behavior, ease, comment, text, image, attribute, relation, alike (what leads to items like
--                    this one, which has no events), fused (the user's vector), user_attribute (of a user without history)
--                    or popularity
--   evidence_item    the item of the user's history that speaks, NULL for the other parts
--   evidence         VARCHAR, the reason in words
--   contribution     DOUBLE
--   sentence         VARCHAR, out of the comments on the target item: for comment and text, the one that shares the most
--                    telling terms with the comments on the evidence item; for parts without an evidence item, with those
--                    on the latest 20 items of the user, or, where none is shared, the most typical one. NULL for the
--                    other modalities, and without such comments. Read live from the latest 50 comments of each item
-- Example
--   FROM mmsql.explain('U0001', 'P0001');
CREATE MACRO mmsql.explain(target_user, target_item) AS TABLE
SELECT r.modality, r.evidence_item, r.evidence, r.contribution, r.sentence
FROM mmsql._reasons([{'user_id': target_user, 'item_id': target_item}], [target_user]) r
ORDER BY round(r.contribution, 12) DESC, r.modality, r.evidence_item, r.evidence;
