-- The contributions to the score of an item for a user, largest first. They add up to the score.
--
-- Parameters
--   target_user      a user id
--   target_item      an item id
-- Returns
--   modality         VARCHAR: behavior, ease, comment, text, image, attribute, relation, alike (an edge that training
--                    predicted for an item without events, from items similar to it), fused (the user's vector),
--                    user_attribute (for a user without history) or popularity
--   evidence_item    the item of the user's history that the contribution comes from; NULL for fused, user_attribute and
--                    popularity
--   evidence         VARCHAR, the reason in words
--   contribution     DOUBLE
--   sentence         VARCHAR, a sentence from the comments on the target item, chosen by similar terms. comment and
--                    text: compared with the comments on the evidence item. fused, user_attribute and popularity (no
--                    evidence item): compared with the comments on the user's latest 20 items; if they share no term,
--                    the most typical sentence. NULL for every other modality, and if there is no such sentence. The
--                    latest 50 comments of each item are read live
-- Example
--   FROM mmsql.explain('U0001', 'P0001');
CREATE MACRO mmsql.explain(target_user, target_item) AS TABLE
SELECT c.modality, c.evidence_item, c.evidence, c.contribution, c.sentence
FROM mmsql._contributions([{'user_id': target_user, 'item_id': target_item}], [target_user]) c
ORDER BY round(c.contribution, mmsql._score_decimals()) DESC, c.modality, c.evidence_item, c.evidence;
