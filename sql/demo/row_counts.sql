-- The number of rows of each kind in the demo shop.
SELECT (SELECT count(*) FROM mmsql.items) AS items,
       (SELECT count(DISTINCT split_part(i.category, ' > ', 1)) FROM mmsql.items i) AS categories,
       (SELECT count(*) FROM mmsql.users) AS users,
       (SELECT count(*) FROM mmsql.interactions) AS events,
       (SELECT count(*) FROM mmsql.comments) AS comments,
       (SELECT count(*) FROM mmsql.images) AS images;
