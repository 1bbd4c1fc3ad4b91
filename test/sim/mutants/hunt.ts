/** Runs seeds on the mutated source until a rule is broken: `hunt.ts FROM COUNT`. Tells the seeds done, then what was found. */
import { run } from '../run.ts';

/** What the process tells its parent, one JSON per line. */
export type HuntWord =
  | { readonly kind: 'done'; readonly seed: number }
  | { readonly kind: 'found'; readonly seed: number; readonly rule: string; readonly text: string };

const [from = 1, count = 1] = process.argv.slice(2).map(Number);

async function hunt(): Promise<void> {
  for (let seed = from; seed < from + count; seed++) {
    const { violation } = await run(seed);
    if (violation) return say({ kind: 'found', seed, rule: violation.rule, text: violation.text });
    say({ kind: 'done', seed });
  }
}

function say(word: HuntWord): void {
  process.stdout.write(`${JSON.stringify(word)}\n`);
}

await hunt();
