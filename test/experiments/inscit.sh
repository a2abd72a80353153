#!/usr/bin/env bash
# INSCIT dev through all six stages: 56 conversations train, 20 test; BM25, an untrained and a trained model, and their fusion.
#   test/experiments/inscit.sh INSCIT_DEV_JSON TOPIOCQA_TRAIN_JSON [OUTPUT]
set -euo pipefail
inscit=$1 topiocqa=$2 out=${3:-runs/inscit}
here=$(cd "$(dirname "$0")" && pwd)
uniconv() { node "$here/../../bin/uniconv.js" "$@"; }
again=--resume

uniconv prepare-data --dataset inscit --input "$inscit" --split-conversations train=56,dev=10,test=20 --seed 1 --output "$out/prepared" $again
uniconv prepare-data --dataset topiocqa --input "$topiocqa" --output "$out/topiocqa" $again
uniconv prepare-data --dataset inverse-cloze --input "$out/prepared" --samples-per-passage 32 --output "$out/pairs" $again
uniconv init-model --input "$out/prepared" --input "$out/topiocqa" --vocab-size 4096 --hidden-size 256 --num-hidden-layers 2 \
  --num-attention-heads 4 --intermediate-size 704 --max-position-embeddings 2048 --output "$out/untrained" $again
uniconv train --config "$here/inscit.yaml" --input "$out/prepared" --input "$out/topiocqa" --input "$out/pairs" --model "$out/untrained" --output "$out/model" $again

uniconv build-index --input "$out/prepared" --backend bm25 --output "$out/index-bm25" $again
uniconv retrieve --input "$out/prepared" --index "$out/index-bm25" --tag bm25 --output "$out/run-bm25" $again
for name in untrained model; do
  uniconv build-index --input "$out/prepared" --model "$out/$name" --output "$out/index-$name" $again
  uniconv retrieve --input "$out/prepared" --model "$out/$name" --index "$out/index-$name" --tag $name --output "$out/run-$name" $again
  uniconv generate --input "$out/prepared" --model "$out/$name" --mode zero-shot --max-new-tokens 64 --output "$out/responses-zero-shot-$name" $again
  uniconv generate --input "$out/prepared" --model "$out/$name" --run "$out/run-$name" --top-k 1 --max-new-tokens 64 --output "$out/responses-rag-$name" $again
done
uniconv fuse --run "$out/run-bm25" --run "$out/run-model" --weights 1 --weights 0.3 --output "$out/run-fused" $again

uniconv evaluate --input "$out/prepared" --run untrained="$out/run-untrained" --run trained="$out/run-model" --run BM25="$out/run-bm25" \
  --run fused="$out/run-fused" --metric nDCG@3 --metric R@10 --metric RR --output "$out/evaluation-retrieval" $again
uniconv evaluate --input "$out/prepared" --run BM25="$out/run-bm25" --metric F1 \
  --responses untrained-zero-shot="$out/responses-zero-shot-untrained" --responses untrained-rag="$out/responses-rag-untrained" \
  --responses trained-zero-shot="$out/responses-zero-shot-model" --responses trained-rag="$out/responses-rag-model" \
  --output "$out/evaluation-answers" $again
