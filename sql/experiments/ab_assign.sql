-- The variant of an experiment for a user: always the same one, in any DuckDB, without a stored table.
--
-- Parameters
--   experiment     its name. Another name gives an independent assignment of the same users
--   target_user    a user id
--   variants       names of the variants; the first is the one that the others are compared with
--   weights        sizes of the variants, in any unit; NULL for equal ones
-- Returns
--   VARCHAR, one of the variants; NULL for a user that is NULL
-- Source
--   The first 64 bits of md5('experiment|user') are a number between 0 and 1, which falls into the range of one variant.
--   Other systems can assign users in the same way.
--   Kohavi, Tang and Xu, Trustworthy Online Controlled Experiments, 2020, chapter 4.
-- Example
--   SELECT mmsql.ab_assign('new-homepage', 'U0001', weights := [9, 1]);
CREATE MACRO mmsql.ab_assign(experiment, target_user, variants := ['control', 'treatment'], weights := NULL) AS
    CASE WHEN coalesce(CAST(experiment AS VARCHAR), '') = ''
             THEN error('ab_assign needs the name of an experiment. Type ab_assign(''new-homepage'', user_id).')
         WHEN coalesce(len(list_distinct(TRY_CAST(variants AS VARCHAR[]))), 0) < 2
              OR len(list_distinct(TRY_CAST(variants AS VARCHAR[]))) < len(TRY_CAST(variants AS VARCHAR[]))
             THEN error('variants must be a list of two or more different names, '
                 || coalesce(CAST(variants AS VARCHAR), 'NULL') || ' was given. Type variants := [''control'', ''treatment''].')
         WHEN weights IS NOT NULL
              AND (TRY_CAST(weights AS DOUBLE[]) IS NULL
                   OR len(TRY_CAST(weights AS DOUBLE[])) <> len(TRY_CAST(variants AS VARCHAR[]))
                   OR NOT coalesce(list_min(TRY_CAST(weights AS DOUBLE[])) >= 0, false)
                   OR list_count(TRY_CAST(weights AS DOUBLE[])) < len(TRY_CAST(weights AS DOUBLE[]))
                   OR NOT coalesce(isfinite(list_sum(TRY_CAST(weights AS DOUBLE[]))) AND list_sum(TRY_CAST(weights AS DOUBLE[])) > 0, false))
             THEN error('weights must be a list of a number of at least 0 for each variant, not all 0, '
                 || CAST(weights AS VARCHAR) || ' was given. Type weights := [9, 1].')
         WHEN target_user IS NULL THEN NULL
         ELSE TRY_CAST(variants AS VARCHAR[])[1 + len(list_filter(
             range(1, len(TRY_CAST(variants AS VARCHAR[]))),
             lambda position: list_sum(list_slice(
                     coalesce(TRY_CAST(weights AS DOUBLE[]), list_transform(TRY_CAST(variants AS VARCHAR[]), lambda v: 1.0)), 1, position
                 )) / list_sum(coalesce(
                     TRY_CAST(weights AS DOUBLE[]), list_transform(TRY_CAST(variants AS VARCHAR[]), lambda v: 1.0)
                 )) <= CAST('0x' || substr(md5(CAST(experiment AS VARCHAR) || '|' || CAST(target_user AS VARCHAR)), 1, 16)
                            AS UBIGINT) / 18446744073709551616.0
         ))] END;
