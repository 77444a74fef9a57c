-- The cumulative distribution function of the standard normal distribution: the share below z.
--
-- Parameters
--   z              a number of standard deviations
-- Returns
--   DOUBLE from 0 to 1, to 1e-14
-- Source
--   Hart et al., Computer Approximations, 1968, algorithm 5666, as given by West, Better approximations to cumulative
--   normal functions, Wilmott Magazine, 2005.
-- Example
--   SELECT mmsql.normal_cdf(1.96);
CREATE MACRO mmsql.normal_cdf(z) AS
    CASE WHEN CAST(z AS DOUBLE) > 0 THEN 1 ELSE 0 END
    + CASE WHEN CAST(z AS DOUBLE) > 0 THEN -1 ELSE 1 END
    * CASE WHEN abs(CAST(z AS DOUBLE)) > 37 THEN 0
           WHEN abs(CAST(z AS DOUBLE)) < 7.07106781186547
           THEN exp(-CAST(z AS DOUBLE) * CAST(z AS DOUBLE) / 2)
                * list_reduce(
                    CAST([3.52624965998911e-2, 0.700383064443688, 6.37396220353165, 33.912866078383, 112.079291497871,
                          221.213596169931, 220.206867912376] AS DOUBLE[]),
                    lambda total, factor: total * abs(CAST(z AS DOUBLE)) + factor)
                / list_reduce(
                    CAST([8.83883476483184e-2, 1.75566716318264, 16.064177579207, 86.7807322029461, 296.564248779674,
                          637.333633378831, 793.826512519948, 440.413735824752] AS DOUBLE[]),
                    lambda total, factor: total * abs(CAST(z AS DOUBLE)) + factor)
           WHEN z IS NOT NULL
           THEN exp(-CAST(z AS DOUBLE) * CAST(z AS DOUBLE) / 2) / 2.506628274631
                / list_reduce(CAST([4, 3, 2, 1] AS DOUBLE[]),
                              lambda total, part: abs(CAST(z AS DOUBLE)) + part / total,
                              abs(CAST(z AS DOUBLE)) + 0.65) END;
