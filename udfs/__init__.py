"""The functions DuckDB sees, thin over the library, and the TEMP macros that call them."""

from mmsql.udfs.deploy import mmsql_deploy, mmsql_rollback
from mmsql.udfs.embed_behavior import mmsql_embed_behavior
from mmsql.udfs.embed_comment import embed_comment, mmsql_embed_query
from mmsql.udfs.embed_image import embed_image, mmsql_embed_words
from mmsql.udfs.evaluate import mmsql_evaluate
from mmsql.udfs.forget import mmsql_forget
from mmsql.udfs.fused_score import fused_score
from mmsql.udfs.train import mmsql_refresh, mmsql_train
from mmsql.udfs.tune import mmsql_tune

UDFS = (
    embed_comment,
    mmsql_embed_query,
    embed_image,
    mmsql_embed_words,
    mmsql_embed_behavior,
    fused_score,
    mmsql_train,
    mmsql_refresh,
    mmsql_evaluate,
    mmsql_tune,
    mmsql_deploy,
    mmsql_rollback,
    mmsql_forget,
)

# Each is a file in sql/session.
SESSION_MACROS = (
    "train",
    "refresh",
    "evaluate",
    "tune",
    "deploy",
    "rollback",
    "forget",
    "embed_behavior",
    "search_items",
)
