/**
 * Loaded before anything else in a process that hunts (`--import`): changes the source of one file as it is loaded, as
 * the mutant of the environment says. Nothing on disk is touched.
 */
import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import { MUTANTS } from './mutants.ts';

const name = process.env.MUTANT;
const mutant = MUTANTS.find((each) => each.name === name);
if (!mutant) throw new Error(`no mutant ${name}`);
const { file, find, replace } = mutant;
const target = pathToFileURL(file).href;

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (url !== target) return loaded;
    const source = String(loaded.source instanceof Uint8Array ? Buffer.from(loaded.source) : loaded.source);
    if (source.split(find).length !== 2) throw new Error(`${name}: its text is not exactly once in ${file}`);
    return { ...loaded, source: source.replace(find, () => replace) };
  },
});
