"""trec_eval through pytrec_eval: reads a run and qrels and scores them. Arguments: the run, the qrels, then its names of measures."""
import json
import os
import resource
import sys
import time

start = time.perf_counter()
import pytrec_eval

imported = time.perf_counter()
with open(sys.argv[1]) as run_file, open(sys.argv[2]) as qrels_file:
    run = pytrec_eval.parse_run(run_file)
    qrels = pytrec_eval.parse_qrel(qrels_file)
parsed = time.perf_counter()
per_turn = pytrec_eval.RelevanceEvaluator(qrels, set(sys.argv[3:])).evaluate(run)
names = next(iter(per_turn.values())).keys()
means = {name: sum(scores[name] for scores in per_turn.values()) / len(per_turn) for name in names}
done = time.perf_counter()
used = os.times()
print(json.dumps({
    "means": means,
    "parsing": parsed - imported,
    "work": done - imported,
    "cpuSeconds": used.user + used.system,
    "peakMb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
