/**
 * `npm run build`: the server and the SDK as JavaScript with types, and the SDK as one file for browsers, in dist/.
 */
import { execFile } from 'node:child_process';
import { cp, readFile, rm } from 'node:fs/promises';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { build } from 'esbuild';

/** What a page has to load, compressed: a promise of the README. */
export const BUNDLE_GZIP_BYTES_MAX = 15_000;

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = `${root}dist`;

/** Writes the browser bundle (and its source map) to `outfile`; answers its size as it is, and gzipped. */
export async function bundleForBrowsers(outfile: string): Promise<{ bytes: number; gzipBytes: number }> {
  await build({
    entryPoints: [`${root}src/client/client.ts`],
    outfile,
    bundle: true,
    minify: true,
    sourcemap: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2024',
    // msgpackr alone takes 12 kB gzipped, and makes code at run time, which a strict page does not allow.
    alias: { msgpackr: `${root}src/client/browser-codec.ts` },
    logLevel: 'warning',
  });
  const bundle = await readFile(outfile);
  const compressed = await promisify(gzip)(bundle, { level: 9 });
  return { bytes: bundle.length, gzipBytes: compressed.length };
}

async function compile(): Promise<void> {
  try {
    await promisify(execFile)(`${root}node_modules/.bin/tsc`, ['-p', `${root}infra/tsconfig.build.json`]);
  } catch (error) {
    // The compiler tells its errors on stdout.
    const { stdout } = error as { stdout?: string };
    throw new Error(`the compiler refused:\n${stdout ?? String(error)}`);
  }
}

/** Lua scripts and the like stay beside the code that reads them. Folders pass, or nothing below them would. */
function isNoCode(path: string): boolean {
  return extname(path) !== '.ts';
}

async function main(): Promise<void> {
  await rm(dist, { recursive: true, force: true });
  await compile();
  await cp(`${root}src`, dist, { recursive: true, filter: isNoCode });
  const { bytes, gzipBytes } = await bundleForBrowsers(`${dist}/client.browser.js`);
  process.stdout.write(`dist/client.browser.js  ${bytes} bytes, ${gzipBytes} gzipped\n`);
  if (gzipBytes > BUNDLE_GZIP_BYTES_MAX) {
    throw new Error(`the browser bundle is larger than ${BUNDLE_GZIP_BYTES_MAX} bytes gzipped`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await main();
  } catch (error) {
    process.stderr.write(`build: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
