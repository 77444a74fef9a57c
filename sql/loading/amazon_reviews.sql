-- The reviews in load_lines, with the fields of any year: 2014 and 2018 reviewerID, asin, overall, summary, reviewText,
-- unixReviewTime; 2023 user_id, parent_asin, rating, title, text, timestamp. Only lines with an error are kept as text.
CREATE OR REPLACE TEMP TABLE load_reviews AS
SELECT r.user_id, r.item_id, r.rating, r.ts, r.body, r.load_error,
       CASE
           WHEN r.load_error IS NOT NULL OR load_user_id(r.user_id) IS NULL OR load_item_id(r.item_id) IS NULL
                OR load_number(r.rating) IS NULL OR load_ts(r.ts) IS NULL
               THEN r.load_line
       END AS load_line
FROM (
    SELECT coalesce(j.part.reviewerID, j.part.user_id) AS user_id,
           coalesce(load_text(j.part.parent_asin), j.part.asin) AS item_id,
           coalesce(j.part.overall, j.part.rating) AS rating,
           coalesce(j.part.unixReviewTime, j.part.timestamp, j.part.sort_timestamp, j.part.reviewTime) AS ts,
           load_comment_text(coalesce(j.part.summary, j.part.title), coalesce(j.part.reviewText, j.part.text)) AS body,
           j.load_error, j.load_line
    FROM (
        SELECT json_transform(
                   CASE WHEN l.load_error IS NULL THEN l.line END,
                   '{"reviewerID": "VARCHAR", "user_id": "VARCHAR", "asin": "VARCHAR", "parent_asin": "VARCHAR",
                     "overall": "VARCHAR", "rating": "VARCHAR", "unixReviewTime": "VARCHAR",
                     "timestamp": "VARCHAR", "sort_timestamp": "VARCHAR", "reviewTime": "VARCHAR",
                     "summary": "VARCHAR", "title": "VARCHAR", "reviewText": "VARCHAR", "text": "VARCHAR"}'
               ) AS part,
               l.load_error, CAST(l.line AS JSON) AS load_line
        FROM load_lines l
    ) j
) r;
