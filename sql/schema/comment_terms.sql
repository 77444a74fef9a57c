-- What comments talk about: nouns and pairs of words that at least three users wrote, and the share of the comments
-- (a sample of them) that have one. The vocabulary of aspects and comment_summary.
CREATE TABLE IF NOT EXISTS mmsql.comment_terms (
    model VARCHAR,
    term VARCHAR,
    share DOUBLE
);
