-- Train a model on all sources, store it in the file and deploy it.
-- An option that is NULL has its default. If a run fails, the deployed model does not change. Training reads committed rows
-- only: not the changes of the transaction that calls it.
--
-- Parameters
--   algorithm              auto (compares the algorithms on a validation split), popularity, graph, fusion,
--                          blend, ease, ials, jmf or mvmf; auto and blend have the options of graph and fusion
--   encoder                a text encoder: wordllama (English); multilingual, which comes with
--                          mmsql[multilingual]; auto, which chooses one of the two by the language of the texts;
--                          or a sentence-transformers model by hub name or path; by default the encoder of the
--                          file, and auto for its first model
--   image_encoder          an image encoder: efficientnet-lite0, which comes with mmsql[images]; a CLIP model of
--                          sentence-transformers by hub name or path; or none, to leave images out
--   deploy                 whether to deploy the model
--   seed                   random seed. Same seed, same data, same machine: same model (default 42)
--   popularity_weight      height of the bias, relative to the strongest edge of a typical item (default 0.02)
--   history_length         number of a user's latest items that count in the score (default 50)
--   attribute_kinds        kinds of attributes, where the schema that `mmsql check` shows is wrong, such as
--                          {'sku': 'ignored', 'users.size': 'category'}: number, category, hierarchy, list,
--                          boolean, date or ignored
--   finetune               whether to adapt the text encoder to the shop's texts and histories before training;
--                          ``lora`` adds low-rank matrices to its attention layers, or to its vectors if it has
--                          none, and changes nothing else (graph, fusion; default none)
--   finetune_rank          rank of these matrices (graph, fusion; default 8)
--   finetune_steps         largest number of steps of the adaptation (graph, fusion; default 500)
--   finetune_seconds       seconds for the adaptation, after which no step begins. If this limit applies, the
--                          same seed may not give the same model (graph, fusion; default 600.0)
--   decay                  weight of an event relative to an event at the next later timestamp (graph 0.7, ease
--                          0.95); weight of an event relative to an event at the next later timestamp. It
--                          applies only to events that are not in the user's vector, which count through edges
--                          (fusion; default 0.7); in the computation of a user's vector: weight of an event
--                          relative to an event at the next later timestamp (ials, jmf, mvmf; default 0.85)
--   window_size            largest distance of two items in a history that form a pair, in positions (graph;
--                          default 10)
--   distance_decay         weight of a pair relative to a pair one position closer (graph; default 0.8)
--   session_gap            minutes after which the next event begins a new session; events without a timestamp
--                          are one session (graph; default 30.0)
--   cross_session_weight   weight of a pair across two sessions relative to a pair within one. Searched if
--                          timestamps are finer than a day and both kinds of pairs exist (graph; default 1.0)
--   reverse_share          weight of a pair backward in time relative to forward. Pairs with the same timestamp
--                          count fully both ways (graph; default 0.5)
--   source_exponent        the weight of an edge is divided by the degree of the item that it leaves, to this
--                          power (graph; default 0.3)
--   target_exponent        the weight of an edge is divided by the degree of the item that it enters, to this
--                          power; this damps popular items (graph; default 0.15)
--   neighbors              number of behavior edges of an item (graph; default 200); number of edges of an item
--                          (ease; default 200)
--   behavior_weight        weight of the behavior edges; not searched. With 0 and an ease_weight of 0, only
--                          content and relations give edges (graph; default 1.0)
--   event_weights          weights of event types, such as {'buy': 3, 'view': 0.5}; others weigh 1. Searched if
--                          there are several types and no weight is given (graph)
--   ease_weight            weight of the edges of the closed-form linear model, relative to behavior (graph;
--                          default 0.0)
--   ease_regularization    regularization of the linear model, in users per item (graph; default 200.0)
--   ease_items             largest catalog for which the search tries the linear model, whose time grows with
--                          the cube of the items (graph; default 3000)
--   ease_content           share of ease_regularization that pulls weights towards content similarity; the rest
--                          pulls towards 0 (graph; default 0.5)
--   comment_weight         weight of the edges between items with similar comments, relative to behavior (graph;
--                          default 0.15)
--   text_weight            weight of the edges between items with similar titles and descriptions, relative to
--                          behavior (graph; default 0.1)
--   image_weight           weight of the edges between items with similar images, relative to behavior (graph;
--                          default 0.1)
--   attribute_weight       weight of the edges between items with similar attributes, relative to behavior
--                          (graph; default 0.1); weight of the attributes of an item or a user, relative to one
--                          event (jmf; default 0.5)
--   relation_weight        weight of the edges of the source relations, relative to behavior (graph; default
--                          0.2)
--   content_neighbors      number of content edges to the nearest items of an item in each modality (graph;
--                          default 20)
--   fresh_weight           factor of the predicted edges to items without events (graph; default 1.0)
--   search_steps           number of settings of decay, exponents and weights that a search tries before
--                          training. Each is measured on the last event of each user. The search starts at the
--                          settings of the deployed model, if there is one. 0 keeps the given settings (graph;
--                          default 32)
--   behavior               the behavior encoder of the user tower: transformer, gru or mean (fusion; default
--                          transformer)
--   embedding_size         size of item and user vectors (fusion, ials, jmf, mvmf; default 64)
--   layers                 number of Transformer layers (fusion; default 2)
--   heads                  number of attention heads (fusion; default 2)
--   pretrain_epochs        passes over the catalog before training, which contrast the modalities of items. 0 by
--                          default, since it brought no significant gain on the data sets that the defaults were
--                          tuned on (fusion; default 0)
--   epochs                 passes over the data. If a search chooses the number for the final training, this is
--                          its upper limit (fusion; default 100); number of alternations between solving for
--                          users and for items (ials, jmf, mvmf; default 16)
--   batch_size             histories per step. The batch is smaller if histories have more than 8 events on
--                          average, or if an epoch would otherwise have fewer than 16 steps (fusion; default
--                          128)
--   learning_rate          step size of AdamW (fusion; default 0.002)
--   regularization         weight decay of AdamW (fusion; default 0.1); weight of the squared weights, in users
--                          per item (ease; default 150.0); weight of the squared factors. It grows with the root
--                          of the number of events of the user or item (ials, jmf, mvmf; default 3.5)
--   dropout                share of activations that training drops (fusion; default 0.3)
--   id_dropout             share of id embeddings that training drops, so that the model learns to score cold
--                          items by content (fusion; default 0.1)
--   loss                   precision loss. softmax: cross-entropy over the next item. gbce: the generalized
--                          binary cross-entropy of gSASRec (fusion; default softmax)
--   gbce_t                 calibration of gbce. 0: plain binary cross-entropy. 1: the probabilities are those of
--                          a training that uses all items as negatives (fusion; default 0.75)
--   alpha                  weight of the diversity loss beside the precision loss (fusion; default 0.05)
--   diversity              form of the diversity loss. similarity: items of one list should differ in content,
--                          and lists should differ between users. literal: all items should have more equal
--                          probabilities (fusion; default similarity)
--   negatives              negative items drawn per step. A catalog of at most twice as many items is used as a
--                          whole (fusion; default 1024)
--   patience               epochs without a better validation NDCG before the search stops (fusion; default 5)
--   time_budget            seconds of the search for the best epoch, after which no epoch begins. If this limit
--                          applies, the same seed may not give the same model (fusion; default 1800.0)
--   device                 device of the training; ``auto`` takes CUDA, then MPS, then the CPU (fusion, ials,
--                          jmf, mvmf; default auto)
--   fusion_weight          factor of the score of the deep model beside that of the graph, on the same scale
--                          (blend; default 0.5)
--   content_weight         share of the regularization that pulls weights towards content similarity; the rest
--                          pulls towards 0 (ease; default 0.2); weight of each content view of an item, and of
--                          the attributes of a user, relative to one event (mvmf; default 0.7)
--   unobserved_weight      weight of a user–item pair without an event, relative to 1 for an event (ials, jmf,
--                          mvmf; default 0.1)
--   consensus_weight       weight of the distance between the views of an item and their consensus (mvmf;
--                          default 2.0)
-- Returns
--   model         VARCHAR, name of the new version
--   algorithm     VARCHAR
--   users         BIGINT, trained on
--   items         BIGINT, in the catalog
--   events        BIGINT, trained on
--   encoded       BIGINT, new texts and images, which were encoded
--   rejects       BIGINT, rows that could not be used: FROM mmsql.rejects
--   seconds       DOUBLE
--   message       VARCHAR, the decision and its reason
-- Example
--   CALL train(algorithm := 'graph');
CREATE OR REPLACE TEMP MACRO train(
    algorithm := 'auto', encoder := NULL, image_encoder := NULL, deploy := true, seed := NULL,
    popularity_weight := NULL, history_length := NULL, attribute_kinds := NULL, finetune := NULL,
    finetune_rank := NULL, finetune_steps := NULL, finetune_seconds := NULL, decay := NULL,
    window_size := NULL, distance_decay := NULL, session_gap := NULL, cross_session_weight := NULL,
    reverse_share := NULL, source_exponent := NULL, target_exponent := NULL, neighbors := NULL,
    behavior_weight := NULL, event_weights := NULL, ease_weight := NULL, ease_regularization := NULL,
    ease_items := NULL, ease_content := NULL, comment_weight := NULL, text_weight := NULL,
    image_weight := NULL, attribute_weight := NULL, relation_weight := NULL, content_neighbors := NULL,
    fresh_weight := NULL, search_steps := NULL, behavior := NULL, embedding_size := NULL, layers := NULL,
    heads := NULL, pretrain_epochs := NULL, epochs := NULL, batch_size := NULL, learning_rate := NULL,
    regularization := NULL, dropout := NULL, id_dropout := NULL, loss := NULL, gbce_t := NULL, alpha := NULL,
    diversity := NULL, negatives := NULL, patience := NULL, time_budget := NULL, device := NULL,
    fusion_weight := NULL, content_weight := NULL, unobserved_weight := NULL, consensus_weight := NULL
) AS TABLE
SELECT unnest(mmsql_train(CAST(json_object(
        'algorithm', algorithm, 'encoder', encoder, 'image_encoder', image_encoder, 'deploy', deploy,
        'seed', seed, 'popularity_weight', popularity_weight, 'history_length', history_length,
        'attribute_kinds', attribute_kinds, 'finetune', finetune, 'finetune_rank', finetune_rank,
        'finetune_steps', finetune_steps, 'finetune_seconds', finetune_seconds, 'decay', decay,
        'window_size', window_size, 'distance_decay', distance_decay, 'session_gap', session_gap,
        'cross_session_weight', cross_session_weight, 'reverse_share', reverse_share,
        'source_exponent', source_exponent, 'target_exponent', target_exponent, 'neighbors', neighbors,
        'behavior_weight', behavior_weight, 'event_weights', event_weights, 'ease_weight', ease_weight,
        'ease_regularization', ease_regularization, 'ease_items', ease_items, 'ease_content', ease_content,
        'comment_weight', comment_weight, 'text_weight', text_weight, 'image_weight', image_weight,
        'attribute_weight', attribute_weight, 'relation_weight', relation_weight,
        'content_neighbors', content_neighbors, 'fresh_weight', fresh_weight, 'search_steps', search_steps,
        'behavior', behavior, 'embedding_size', embedding_size, 'layers', layers, 'heads', heads,
        'pretrain_epochs', pretrain_epochs, 'epochs', epochs, 'batch_size', batch_size,
        'learning_rate', learning_rate, 'regularization', regularization, 'dropout', dropout,
        'id_dropout', id_dropout, 'loss', loss, 'gbce_t', gbce_t, 'alpha', alpha, 'diversity', diversity,
        'negatives', negatives, 'patience', patience, 'time_budget', time_budget, 'device', device,
        'fusion_weight', fusion_weight, 'content_weight', content_weight,
        'unobserved_weight', unobserved_weight, 'consensus_weight', consensus_weight
    ) AS VARCHAR)), recursive := true);
