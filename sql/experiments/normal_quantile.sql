-- The quantile of the standard normal distribution: the number of standard deviations with a share p below. It is the
-- inverse of normal_cdf.
--
-- Parameters
--   p              a share between 0 and 1
-- Returns
--   DOUBLE, to 1e-13; NULL unless p is above 0 and below 1
-- Source
--   Wichura, Algorithm AS 241: the percentage points of the normal distribution, Applied Statistics 37(3), 1988.
-- Example
--   SELECT mmsql.normal_quantile(0.975);
CREATE MACRO mmsql.normal_quantile(p) AS
    list_reduce(list_transform([CAST(p AS DOUBLE)], lambda share:
        CASE WHEN NOT coalesce(share > 0 AND share < 1, false) THEN NULL
             WHEN abs(share - 0.5) <= 0.425
             THEN (share - 0.5)
                  * list_reduce(
                      CAST([2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4,
                            4.5921953931549871457e4, 1.3731693765509461125e4, 1.9715909503065514427e3,
                            1.3314166789178437745e2, 3.3871328727963666080] AS DOUBLE[]),
                      lambda total, factor: total * (0.180625 - pow(share - 0.5, 2)) + factor)
                  / list_reduce(
                      CAST([5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4,
                            2.1213794301586595867e4, 5.3941960214247511077e3, 6.8718700749205790830e2,
                            4.2313330701600911252e1, 1] AS DOUBLE[]),
                      lambda total, factor: total * (0.180625 - pow(share - 0.5, 2)) + factor)
             WHEN least(share, 1 - share) > exp(-25)
             THEN sign(share - 0.5)
                  * list_reduce(
                      CAST([7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1,
                            1.27045825245236838258, 3.64784832476320460504, 5.76949722146069140550,
                            4.63033784615654529590, 1.42343711074968357734] AS DOUBLE[]),
                      lambda total, factor: total * (sqrt(-ln(least(share, 1 - share))) - 1.6) + factor)
                  / list_reduce(
                      CAST([1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2,
                            1.48103976427480074590e-1, 6.89767334985100004550e-1, 1.67638483018380384940,
                            2.05319162663775882187, 1] AS DOUBLE[]),
                      lambda total, factor: total * (sqrt(-ln(least(share, 1 - share))) - 1.6) + factor)
             ELSE sign(share - 0.5)
                  * list_reduce(
                      CAST([2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3,
                            2.65321895265761230930e-2, 2.96560571828504891230e-1, 1.78482653991729133580,
                            5.46378491116411436990, 6.65790464350110377720] AS DOUBLE[]),
                      lambda total, factor: total * (sqrt(-ln(least(share, 1 - share))) - 5) + factor)
                  / list_reduce(
                      CAST([2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5,
                            7.86869131145613259100e-4, 1.48753612908506148525e-2, 1.36929880922735805310e-1,
                            5.99832206555887937690e-1, 1] AS DOUBLE[]),
                      lambda total, factor: total * (sqrt(-ln(least(share, 1 - share))) - 5) + factor)
        END), lambda a, b: a);
