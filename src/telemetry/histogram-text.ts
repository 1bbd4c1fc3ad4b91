import type { Histogram } from '../base/histogram.ts';

/** A histogram in the text format of Prometheus; that of prom-client takes no counts that were made elsewhere. */
export function histogramText(
  name: string,
  help: string,
  node: string,
  { counts, boundsMs, count, sumMs }: Histogram,
): string {
  let below = 0;
  const buckets = boundsMs.map((ms, i) => {
    below += counts[i] ?? 0;
    return bucket(name, String(ms / 1000), node, below);
  });
  return [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} histogram`,
    ...buckets,
    bucket(name, '+Inf', node, count),
    `${name}_sum{node="${node}"} ${sumMs / 1000}`,
    `${name}_count{node="${node}"} ${count}`,
    '',
  ].join('\n');
}

function bucket(name: string, le: string, node: string, count: number): string {
  return `${name}_bucket{le="${le}",node="${node}"} ${count}`;
}
