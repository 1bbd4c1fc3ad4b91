/**
 * The table of all settings. `loadConfig`, docs/CONFIG.md and .env.example come from it, so a setting is added to one
 * of its groups and nowhere else. What holds between settings is in `relations.ts`.
 */
import { cluster, node, redis, sessions } from './node-settings.ts';
import { limits, rooms } from './room-settings.ts';
import type { Setting } from './setting.ts';

/** The groups of docs/CONFIG.md, in its order. */
export const SETTING_GROUPS = {
  Node: node,
  Redis: redis,
  Rooms: rooms,
  'Sessions and tokens': sessions,
  Limits: limits,
  Cluster: cluster,
} as const;

export const SETTINGS = { ...node, ...redis, ...rooms, ...sessions, ...limits, ...cluster };

type Value<S> = S extends Setting<infer T> ? T : never;

/** All settings of a node, checked; names carry their units. */
export type Config = { readonly [K in keyof typeof SETTINGS]: Value<(typeof SETTINGS)[K]> };
