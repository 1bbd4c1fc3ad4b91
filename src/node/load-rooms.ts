/** Loads room definitions from the files of ROOMS_DIR: every export that has a `type` is one. */
import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { defineRoom, type RoomDefinition } from '../room/definition.ts';

const CODE = /(?<!\.d)\.(ts|mts|js|mjs)$/;

/** Throws with the file's name when one can't be loaded, or the folder holds no definition. */
export async function loadRooms(dir: string): Promise<RoomDefinition[]> {
  const folder = resolve(dir);
  const files = (await readdir(folder).catch((cause: unknown) => fail(`can't read it`, folder, cause)))
    .filter((file) => CODE.test(file))
    .sort();
  const definitions: RoomDefinition[] = [];
  for (const file of files) {
    const path = resolve(folder, file);
    try {
      const exports = (await import(pathToFileURL(path).href)) as Record<string, unknown>;
      // A default export may be one of the named ones again.
      for (const value of new Set(Object.values(exports))) if (isDefinition(value)) definitions.push(defineRoom(value));
    } catch (cause) {
      fail(`${file} can't be loaded`, folder, cause);
    }
  }
  if (definitions.length === 0) throw new Error(`ROOMS_DIR ${folder}: no file there exports a room definition`);
  return definitions;
}

function isDefinition(value: unknown): value is RoomDefinition {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
}

function fail(what: string, folder: string, cause: unknown): never {
  throw new Error(`ROOMS_DIR ${folder}: ${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
}
