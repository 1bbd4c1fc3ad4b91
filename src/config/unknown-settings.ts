/**
 * Finds settings that look like ours but are not in the table: a misspelt REDIS_URL would otherwise start a node that
 * silently stands alone.
 */
const OURS = /^(ROOMCAST|REDIS)_/;

/**
 * Kubernetes and Docker links put variables into every container for a service named `redis` or `roomcast`
 * (REDIS_SERVICE_HOST, REDIS_PORT=tcp://…, REDIS_PORT_6379_TCP_ADDR): nobody wrote them, so they are no mistakes.
 */
const SERVICE_LINK = /_SERVICE_HOST$|_SERVICE_PORT(_[A-Z0-9_]+)?$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/;
const SERVICE_LINK_VALUE = /^(tcp|udp|sctp):\/\//;

/** Of these many edits at most, a name is taken for a misspelling. */
const NEAR_EDITS_MAX = 3;

export function unknownSettings(env: Readonly<Record<string, string | undefined>>, known: readonly string[]): string[] {
  const problems: string[] = [];
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || !OURS.test(name) || known.includes(name)) continue;
    if (SERVICE_LINK.test(name) || (name.endsWith('_PORT') && SERVICE_LINK_VALUE.test(value))) continue;
    const near = nearest(name, known);
    problems.push(`${name} is no setting: ${near === null ? 'docs/CONFIG.md lists all' : `did you mean ${near}?`}`);
  }
  return problems;
}

function nearest(name: string, known: readonly string[]): string | null {
  // ROOMCAST_PORT for PORT is the likeliest mistake of all, as many projects prefix their settings.
  const bare = name.replace(/^ROOMCAST_/, '');
  let best: string | null = null;
  let bestEdits = NEAR_EDITS_MAX + 1;
  for (const candidate of known) {
    const edits = Math.min(editDistance(name, candidate), editDistance(bare, candidate));
    if (edits < bestEdits && edits < candidate.length / 2) {
      best = candidate;
      bestEdits = edits;
    }
  }
  return best;
}

/** Levenshtein distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const kept = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(kept, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    above = row;
  }
  return above[b.length] ?? 0;
}
