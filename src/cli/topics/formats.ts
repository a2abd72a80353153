/** @file `uniconv help formats` */

export const text = (): Promise<string> =>
  Promise.resolve(`The stages meet in folders, each sealed by manifest.json (options, seed, versions, sha256 of every input and output):

  prepared/    prepare-data     turns.jsonl  passages.jsonl  qrels.tsv  train.jsonl
  model/       init-model       config.json, *.safetensors, tokenizer.json: an ordinary Hugging Face checkpoint
               train            the same, or a PEFT adapter (adapter_config.json, adapter_model.safetensors); metrics.jsonl,
                                runs/ for TensorBoard
               merge            an adapter and its base as one checkpoint, sharded as the base is
  index/       build-index      vectors and ids, or the term statistics of bm25
  run/         retrieve, fuse   run.jsonl, run.trec
  responses/   generate         responses.jsonl
  evaluation/  evaluate         scores.jsonl, metrics.json, report.md
  suite/       evaluate --suite suite.json, report.md, and a folder per dataset as above
  report/      report           figures: NAME.svg, NAME.vl.json (Vega-Lite); curves: curves.csv, curves.md too

A file exists only if it has data. An interrupted stage leaves OUTPUT.partial; --resume continues it.

  run.trec     turn  Q0  passage  rank  score  tag        tab-separated, in trec_eval's order: score, then id, both descending
  qrels.tsv    turn  0   passage  relevance               tab-separated; readers accept spaces too

What another system made is evaluated as it is: TREC lines as above, or JSON lines such as

  run        {"turn": "1_2", "passages": [{"id": "p7", "score": 12.5}, {"id": "p3", "score": 11.25}]}
  responses  {"turn": "1_2", "response": "In 1944 [1]."}
             optional: "passages": ["p7", "p3"], the ids shown to it, as [1], [2] in the response count them; "citations": ["p7"]

Your own turns and passages become a prepared folder by prepare-data --dataset jsonl, beir or trec: uniconv help datasets.

Every line of a .jsonl file is one JSON object; their schemas are exported as "uniconv/schema". Text is UTF-8; ids are opaque strings
without control characters; a turn's id is CONVERSATION_TURN. Scores are 0 to 1 in files and thresholds, times 100 in tables.
Other groups name turns otherwise; evaluate --id-format says how, by a template or a name:
  retpo    {conversation}-{turn}                      1-2
  qrecc    QReCC-{*}_{conversation}_{turn}            QReCC-Test_1_2
  topiocqa TopiOCQA-{*}_{conversation}_{turn}         TopiOCQA-Dev_1_2
  inscit   Inscit-{*}-{conversation}_{*}_{turn}       Inscit-Test-food_level1_dial24_17_3
  or-quac  {conversation}_q#{turn0}                   C_2d21…_0_q#0 is the first turn
  zero     {conversation}_{turn0}                     turns counted from 0
  query    {conversation}                             queries that stand alone
The name of a conversation may hold any separator: what follows it is read from the right.

--input PREPARED gives every later stage its turns, passages, references and judgements. --run and --responses take a folder or a file.
`);
