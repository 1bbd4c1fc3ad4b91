import type { NodeKey } from './ports.ts';

export function nodeKey(id: string, incarnation: string): NodeKey {
  return `${id}:${incarnation}`;
}

/** The id part of a key. Ids hold no colon (checked by the configuration), incarnations neither. */
export function nodeId(key: NodeKey): string {
  return key.slice(0, key.lastIndexOf(':'));
}
