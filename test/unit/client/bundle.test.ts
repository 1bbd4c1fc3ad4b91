import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { BUNDLE_GZIP_BYTES_MAX, bundleForBrowsers } from '../../../infra/build.ts';

test('the browser bundle is at most 15 kB gzipped, and makes no code at run time', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'roomcast-bundle-'));
  try {
    const file = join(folder, 'client.browser.js');
    const { gzipBytes } = await bundleForBrowsers(file);
    expect(gzipBytes).toBeLessThanOrEqual(BUNDLE_GZIP_BYTES_MAX);
    const text = await readFile(file, 'utf8');
    expect(text).not.toMatch(/\bnew Function\b|\beval\(|\bBuffer\b|\bprocess\./);
    const { connect } = await import(file);
    await expect(connect('not a url')).rejects.toMatchObject({ code: 'bad-argument' });
  } finally {
    await rm(folder, { recursive: true });
  }
});
