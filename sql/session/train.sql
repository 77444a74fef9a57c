-- Train a model on everything in the sources, store it in the file and let it serve.
-- Options that are NULL have their defaults. A run that fails leaves the serving model as it was. It sees what is
-- committed: not what the transaction it is called in has changed.
--
-- Parameters
--   algorithm           auto (tries the families on a validation split), popularity, graph or fusion
--   encoder             a text encoder: wordllama, or a sentence-transformers model by hub name or path
--   deploy              whether the model serves from now on
--   seed                seed of everything random. Same seed, same data, same machine: same model
--   popularity_weight   height of the bias, relative to the strongest edge of a typical item
--   history_length      how many of a user's latest items speak for recommendations
--   decay               what an event is worth against the one a moment of time later (graph, fusion)
--   window_size         how many positions apart two items of one history may be to be joined by an edge (graph)
--   distance_decay      what a pair is worth against one that is a position closer (graph)
--   reverse_share       share of an edge that also goes backward in time. Events of one moment count both ways
--                       in full (graph)
--   source_exponent     power of the degree of the item an edge leaves, which its weight is divided by (graph)
--   target_exponent     power of the degree of the item an edge enters, which its weight is divided by; damps
--                       popular items (graph)
--   neighbors           behaviour edges kept an item (graph)
--   comment_weight      weight of the edges between items whose comments read alike, relative to behaviour
--                       (graph)
--   text_weight         weight of the edges between items described alike, relative to behaviour (graph)
--   attribute_weight    weight of the edges between items that share attributes, relative to behaviour (graph)
--   content_neighbors   content edges kept an item and modality (graph)
--   behavior            the behaviour encoder of the user tower (fusion)
--   embedding_size      width of item and user vectors (fusion)
--   layers              layers of the Transformer (fusion)
--   heads               attention heads of the Transformer (fusion)
--   epochs              passes over the data at most (fusion)
--   batch_size          users a step (fusion)
--   learning_rate       step size of AdamW (fusion)
--   regularization      weight decay of AdamW (fusion)
--   dropout             share of activations dropped in training (fusion)
--   id_dropout          share of id embeddings dropped whole in training, so that content alone must do for cold
--                       items (fusion)
--   alpha               weight of the diversity loss beside the precision loss (fusion)
--   diversity           form of the diversity loss (fusion)
--   negatives           items drawn a step to compare with, where the catalog is too large to compare with all
--                       of it (fusion)
--   patience            epochs without a better validation NDCG before training stops (fusion)
--   time_budget         seconds that training may take: no epoch begins once half of them are spent, since the
--                       last training on everything takes about as long again. Where it cuts training short, the
--                       same seed may not give the same model (fusion)
--   device              where it runs; ``auto`` takes CUDA, then MPS, then the CPU (fusion)
-- Returns
--   model         VARCHAR, the new version's name
--   algorithm     VARCHAR, what it is
--   users         BIGINT, trained on
--   items         BIGINT, in the catalog
--   events        BIGINT, trained on
--   encoded       BIGINT, texts that had to be encoded
--   rejects       BIGINT, rows that could not be used: FROM mmsql.rejects
--   seconds       DOUBLE
--   message       VARCHAR, what was decided and why
-- Example
--   CALL train(algorithm := 'graph');
CREATE OR REPLACE TEMP MACRO train(
    algorithm := 'auto', encoder := NULL, deploy := true, seed := NULL, popularity_weight := NULL,
    history_length := NULL, decay := NULL, window_size := NULL, distance_decay := NULL, reverse_share := NULL, source_exponent := NULL, target_exponent := NULL, neighbors := NULL, comment_weight := NULL,
    text_weight := NULL, attribute_weight := NULL, content_neighbors := NULL, behavior := NULL,
    embedding_size := NULL, layers := NULL, heads := NULL, epochs := NULL, batch_size := NULL,
    learning_rate := NULL, regularization := NULL, dropout := NULL, id_dropout := NULL, alpha := NULL,
    diversity := NULL, negatives := NULL, patience := NULL, time_budget := NULL, device := NULL
) AS TABLE
SELECT unnest(mmsql_train(CAST(json_object(
        'algorithm', algorithm, 'encoder', encoder, 'deploy', deploy, 'seed', seed, 'popularity_weight',
        popularity_weight, 'history_length', history_length, 'decay', decay, 'window_size', window_size,
        'distance_decay', distance_decay, 'reverse_share', reverse_share, 'source_exponent',
        source_exponent, 'target_exponent', target_exponent, 'neighbors', neighbors, 'comment_weight',
        comment_weight, 'text_weight', text_weight, 'attribute_weight', attribute_weight,
        'content_neighbors', content_neighbors, 'behavior', behavior, 'embedding_size', embedding_size,
        'layers', layers, 'heads', heads, 'epochs', epochs, 'batch_size', batch_size, 'learning_rate',
        learning_rate, 'regularization', regularization, 'dropout', dropout, 'id_dropout', id_dropout,
        'alpha', alpha, 'diversity', diversity, 'negatives', negatives, 'patience', patience,
        'time_budget', time_budget, 'device', device
    ) AS VARCHAR)), recursive := true);
