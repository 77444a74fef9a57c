-- Train a model on all sources, store it in the file and deploy it.
-- An option that is NULL has its default. If a run fails, the deployed model does not change. Training reads committed rows
-- only: not the changes of the transaction that calls it.
--
-- Parameters
--   algorithm              auto (tries the families on a validation split), popularity, graph, fusion, blend,
--                          ease, ials, jmf or mvmf; auto and blend have the options of graph and fusion
--   encoder                a text encoder: wordllama (English); multilingual, which comes with
--                          mmsql[multilingual]; auto, which takes the one or the other by the language of the
--                          texts; or a sentence-transformers model by hub name or path; by default the file's
--                          own, and for its first model auto
--   image_encoder          an image encoder: efficientnet-lite0, which comes with mmsql[images]; a CLIP model of
--                          sentence-transformers by hub name or path; or none, to leave images out
--   deploy                 whether to deploy the model
--   seed                   seed of everything random. Same seed, same data, same machine: same model
--   popularity_weight      height of the bias, relative to the strongest edge of a typical item
--   history_length         how many of a user's latest items speak for recommendations
--   attribute_kinds        what columns of items and users are, where the schema that `mmsql check` shows is
--                          wrong, such as {'sku': 'ignored', 'users.size': 'category'}: number, category,
--                          hierarchy, list, boolean, date or ignored
--   finetune               whether the text encoder is adapted to the shop's own texts and histories before the
--                          training; ``lora`` adds low-rank matrices to its attention, or to its vectors where
--                          it has none, and leaves all else as it is (graph, fusion)
--   finetune_rank          rank of these matrices (graph, fusion)
--   finetune_steps         steps of the adaptation, at most (graph, fusion)
--   finetune_seconds       seconds that it may take: no step begins once they are spent. Where that cuts it
--                          short, the same seed may not give the same model (graph, fusion)
--   decay                  what an event is worth against the one a moment of time later (graph, ease); for
--                          users the model has no vector of: what an event is worth against the one after it
--                          (fusion); what an event is worth against the one a moment of time later, when a
--                          user's vector is made (ials, jmf, mvmf)
--   window_size            how many positions apart two items of one history may be to be joined by an edge
--                          (graph)
--   distance_decay         what a pair is worth against one that is a position closer (graph)
--   session_gap            minutes after which a user's next event begins a new session; events without a time
--                          are a session (graph)
--   cross_session_weight   what a pair of items of two sessions is worth against one within a session. Searched
--                          for where times are finer than a day and both kinds of pairs exist (graph)
--   reverse_share          share of an edge that also goes backward in time. Events of one moment count both
--                          ways in full (graph)
--   source_exponent        power of the degree of the item an edge leaves, which its weight is divided by
--                          (graph)
--   target_exponent        power of the degree of the item an edge enters, which its weight is divided by; damps
--                          popular items (graph)
--   neighbors              behaviour edges kept an item (graph); edges kept an item (ease)
--   behavior_weight        weight of the edges of what follows what; not searched for. With 0, and an
--                          ease_weight of 0, items are joined by nothing but what they are like (graph)
--   event_weights          what event types count, such as {'buy': 3, 'view': 0.5}; others count 1. Searched for
--                          where there are several types and none is given (graph)
--   ease_weight            weight of the edges of the closed-form linear model, relative to behaviour (graph)
--   ease_regularization    regularisation of the linear model, on the scale of users an item (graph)
--   ease_items             catalog size up to which the search tries the linear model, whose time grows with the
--                          cube of the items (graph)
--   ease_content           share of that regularisation that pulls towards the similarity of content (graph)
--   comment_weight         weight of the edges between items whose comments read alike, relative to behaviour
--                          (graph)
--   text_weight            weight of the edges between items described alike, relative to behaviour (graph)
--   image_weight           weight of the edges between items that look alike, relative to behaviour (graph)
--   attribute_weight       weight of the edges between items that share attributes, relative to behaviour
--                          (graph); weight of the attributes of items and users: those of one of them against
--                          one event (jmf)
--   relation_weight        weight of the edges between items that are related as the source relations says,
--                          relative to behaviour (graph)
--   content_neighbors      content edges an item has for its own nearest of each modality (graph)
--   fresh_weight           factor of the edges to items without events that are predicted from their content
--                          (graph)
--   search_steps           how many settings of decay, exponents and weights are tried on each user's last event
--                          before training, beginning at what served before where there is a deployed model; 0
--                          takes them as they are (graph)
--   behavior               the behaviour encoder of the user tower (fusion)
--   embedding_size         width of item and user vectors (fusion, ials, jmf, mvmf)
--   layers                 layers of the Transformer (fusion)
--   heads                  attention heads of the Transformer (fusion)
--   pretrain_epochs        passes over the catalog before there are users, in which the modalities of an item
--                          learn to tell it from others. None by default: on none of the sets that this was
--                          tuned on did it help beyond chance (fusion)
--   epochs                 passes over the data: at most, where a search finds the best number, which the
--                          training on everything takes (fusion); how often users and items are solved for in
--                          turn (ials, jmf, mvmf)
--   batch_size             histories a step; fewer where they have more than 8 events on average, or where less
--                          than 16 steps an epoch would be left (fusion)
--   learning_rate          step size of AdamW (fusion)
--   regularization         weight decay of AdamW (fusion); weight of the squared weights, on the scale of users
--                          an item (ease); weight of the squared factors: in a user or an item with four times
--                          the events, of twice as much (ials, jmf, mvmf)
--   dropout                share of activations dropped in training (fusion)
--   id_dropout             share of id embeddings dropped whole in training, so that content alone must do for
--                          cold items (fusion)
--   loss                   form of the precision loss: cross-entropy of the next item, or the generalised binary
--                          one of gSASRec (fusion)
--   gbce_t                 calibration of ``gbce``: 0 is plain binary cross-entropy, 1 gives chances as if all
--                          items had been compared (fusion)
--   alpha                  weight of the diversity loss beside the precision loss (fusion)
--   diversity              form of the diversity loss (fusion)
--   negatives              items drawn a step to compare with. A catalog of at most twice as many is compared
--                          with as a whole (fusion)
--   patience               epochs without a better validation NDCG before the search stops (fusion)
--   time_budget            seconds that the search for the best epoch may take: no epoch begins once they are
--                          spent. Where that cuts it short, the same seed may not give the same model (fusion)
--   device                 where it runs; ``auto`` takes CUDA, then MPS, then the CPU (fusion, ials, jmf, mvmf)
--   fusion_weight          factor of the deep model's score beside the graph's, both being scaled alike (blend)
--   content_weight         share of the regularisation that pulls towards what content says, rather than towards
--                          0 (ease); weight of each view of content, and of the attributes of users: those of
--                          one of them against one event (mvmf)
--   unobserved_weight      weight of a pair of a user and an item without an event, against 1 of an event (ials,
--                          jmf, mvmf)
--   consensus_weight       weight of how far the views of an item are from their consensus (mvmf)
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
