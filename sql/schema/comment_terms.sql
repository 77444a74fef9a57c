-- The terms of the comments: nouns and pairs of words that at least three users wrote. share is the share of a sample of
-- comments with the term. They are the vocabulary of aspects and comment_summary.
CREATE TABLE IF NOT EXISTS mmsql.comment_terms (
    model VARCHAR,
    term VARCHAR,
    share DOUBLE
);
