import type { Cores } from './host/children.ts';
import type { OptionTable, OptionValues } from './options.ts';
import type { Chart } from './report/chart.ts';
import type { Progress } from './report/progress.ts';

/** One thing that the bench can measure. */
export interface Scenario<T extends OptionTable = OptionTable> {
  readonly name: string;
  readonly about: string;
  readonly options: T;
  /** What `--quick` sets where the user sets nothing: a run of seconds that shows that all of it works. */
  readonly quick: Partial<OptionValues<T>>;
  /** Programs that it starts, if they are not there it says so. */
  readonly needs?: readonly Program[];
  /** Why `all` leaves it out. */
  readonly apart?: string;
  /** How its results are shown in docs/BENCHMARKS.md. */
  readonly charts?: readonly Chart[];
  run(options: OptionValues<T>, context: BenchContext): Promise<Outcome>;
}

type Program = 'redis-server' | 'nginx';

export interface BenchContext {
  readonly cores: Cores;
  readonly progress: Progress;
}

export interface Outcome {
  /** What people read at the end. */
  readonly text: string;
  /** What goes into the results file beside where it was measured. */
  readonly results: object;
  /** What makes the bench fail: Roomcast lost, doubled or disordered something, or refused commands. */
  readonly failures: readonly string[];
}
