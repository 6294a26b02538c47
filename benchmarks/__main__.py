"""`make bench`: one table; each line names the work, ours, the baseline of the same run, the ratio and the goal."""

from benchmarks import bench_batch, bench_decide, bench_features, bench_ledger, bench_scorecard

print("| work | ours | baseline | ratio | goal |")
print("|---|---|---|---|---|")
for benchmark in (bench_features, bench_ledger, bench_scorecard, bench_decide, bench_batch):
    print(benchmark.line(), flush=True)
