/** The spans of time at which something changes in a case, taken from its own operators: what is generated aims at them, and what is covered is counted by them. */
import { isObject, type Json, type JsonObject } from '#cases/json';
import { plainText } from './plain-text.ts';

export interface TimeEdge {
  /** What the span is, without the number: coverage is counted by it. */
  readonly what: string;
  readonly ms: number;
}

/** Persistent windowed stores expire whole segments, which are a minute at least. */
const shortestSegmentMs = 60_000;

export function timeEdges(topology: readonly JsonObject[]): readonly TimeEdge[] {
  const edges: TimeEdge[] = [];
  const add = (what: string, ms: Json | undefined): void => {
    if (typeof ms === 'number' && ms >= 0) edges.push({ what, ms });
  };
  const kept = (what: string, retentionMs: number): void => {
    add(`${what} retention`, retentionMs);
    edges.push({ what: `${what} segment`, ms: segmentMs(retentionMs) });
  };
  for (const op of topology) {
    if (op['op'] === 'windowedBy' && isObject(op['window'])) {
      const window = op['window'];
      const graceMs = numberOr(window['grace'], 0);
      const type = plainText(window['type']);
      const sizeMs = numberOr(window['size'] ?? window['diff'] ?? window['gap'], 0);
      add(`${type} size`, sizeMs);
      add(`${type} advance`, window['advance']);
      if (type === 'unlimited') continue;
      add(`${type} grace`, graceMs);
      const closesMs = (type === 'sliding' ? 2 * sizeMs : sizeMs) + graceMs;
      add(`${type} close`, sizeMs + graceMs);
      const results = topology.filter((other) => other['in'] === op['id']).map(({ mat }) => (isObject(mat) ? mat : {}));
      for (const mat of results) kept(type, numberOr(mat['retentionMs'], closesMs));
    }
    if (op['op'] === 'ssJoin') {
      const diffMs = numberOr(op['diff'], 0);
      const [beforeMs, afterMs, graceMs] = [numberOr(op['before'], diffMs), numberOr(op['after'], diffMs), numberOr(op['grace'], 0)];
      add('join before', beforeMs);
      add('join after', afterMs);
      add('join grace', graceMs);
      add('join close', afterMs + graceMs);
      kept('join', beforeMs + afterMs + graceMs);
    }
    if (op['op'] === 'suppress') add('suppress limit', op['ms']);
    if (op['op'] === 'stJoin') add('table grace', op['graceMs']);
    if (isObject(op['mat'])) {
      add('history', op['mat']['versionedMs']);
      add('history segment', op['mat']['segmentMs']);
    }
    if (op['op'] === 'store') {
      if (typeof op['retentionMs'] === 'number') kept(`${plainText(op['kind'])} store`, op['retentionMs']);
      add('history', op['historyMs']);
      add('history segment', op['segmentMs']);
    }
    if (isObject(op['processor'])) {
      add('punctuation', op['processor']['everyMs']);
      add('ttl', op['processor']['ttlMs']);
      add('look back', op['processor']['backMs'] ?? op['processor']['lengthMs']);
    }
  }
  return edges;
}

export function segmentMs(retentionMs: number): number {
  return Math.max(Math.floor(retentionMs / 2), shortestSegmentMs);
}

function numberOr(json: Json | undefined, otherwise: number): number {
  return typeof json === 'number' ? json : otherwise;
}
