/** What a made-up topology is fed: records around the times at which something changes in it, nulls, late ones, ties, clock advances, reads of its stores. */
import type { Json, JsonObject } from '#cases/json';
import type { ValueType } from '#cases/value-type';
import { type TimeEdge, timeEdges } from '../time-edges.ts';
import type { Draft, DraftStore, SourceTopic } from './draft.ts';

/** About as many may come of one case. */
const mostRecords = 8000;
/** Millions of milliseconds ahead make Java walk through as many windows: jumps have an end. */
const longestJumpMs = 4_000_000;

export function madeUpInputs(draft: Draft): readonly JsonObject[] {
  const { random } = draft;
  const times = new Times(draft, timeEdges(draft.operators));
  const readable = draft.has('reads') ? draft.stores : [];
  const inputs: JsonObject[] = [];
  // A few topics get most of the records, so that something meets.
  const topics = draft.topics.flatMap((topic) => Array.from({ length: random.int(1, 3) }, () => topic));
  const wanted = random.weighted([
    [2, random.int(4, 15)],
    [5, random.int(15, 50)],
    [1, random.int(50, 120)],
  ]);
  const count = Math.min(wanted, Math.ceil(mostRecords ** (1 / draft.growth)));
  const punctuates = draft.operators.some(({ processor }) => processor !== undefined && JSON.stringify(processor).includes('everyMs'));
  for (let index = 0; index < count; index++) {
    if (readable.length > 0 && random.chance(0.08)) inputs.push(read(draft, random.pick(readable), times));
    else if (random.chance(punctuates ? 0.08 : 0.02)) inputs.push({ advanceWallMs: Math.max(1, times.span()) });
    else inputs.push(record(draft, random.pick(topics), times.next()));
  }
  return inputs;
}

/** Walks through time: on, back to the edges, to where it was before. */
class Times {
  readonly #draft: Draft;
  readonly #edges: readonly TimeEdge[];
  readonly #seen: number[] = [];
  #streamTimeMs: number;

  constructor(draft: Draft, edges: readonly TimeEdge[]) {
    this.#draft = draft;
    this.#edges = edges.filter(({ ms }) => ms <= longestJumpMs);
    const { random } = draft;
    this.#streamTimeMs = random.weighted([
      [4, 0],
      [2, random.int(0, 20) * draft.scaleMs],
      [3, 1_000_000],
      [1, 1_700_000_000_000 + random.int(0, 99_999)],
    ]);
  }

  /** The length of one of the case's own spans, or of a few units of it. */
  span(): number {
    const { random, scaleMs } = this.#draft;
    if (this.#edges.length > 0 && random.chance(0.6)) return random.pick(this.#edges).ms + random.int(-1, 1);
    return random.int(0, 12) * scaleMs;
  }

  next(): number {
    const { random, scaleMs } = this.#draft;
    const now = this.#streamTimeMs;
    const timestampMs = random.weighted<() => number>([
      [5, () => now + random.int(0, 4) * scaleMs],
      [2.5, () => now],
      [4, () => now + this.span()],
      [4, () => now - this.span()],
      [1.5, () => this.#boundary()],
      [2, () => (this.#seen.length === 0 ? now : random.pick(this.#seen) + random.pick([0, 0, 1, -1, this.span(), -this.span()]))],
      [0.4, () => now + random.int(1, 8) * Math.max(scaleMs, ...this.#edges.map(({ ms }) => ms))],
    ])();
    const bounded = Math.max(0, Math.min(timestampMs, now + longestJumpMs));
    this.#streamTimeMs = Math.max(now, bounded);
    this.#seen.push(bounded);
    return bounded;
  }

  /** Where a window or a segment starts, or right beside it. */
  #boundary(): number {
    const { random, scaleMs } = this.#draft;
    const sizes = this.#edges.filter(({ ms }) => ms > 0);
    const stepMs = sizes.length === 0 ? Math.max(1, 10 * scaleMs) : random.pick(sizes).ms;
    return (Math.floor(this.#streamTimeMs / stepMs) + random.int(-2, 1)) * stepMs + random.int(-1, 1);
  }

  /** A time that a read may ask for. */
  asked(): number {
    const { random } = this.#draft;
    const from = this.#seen.length === 0 ? this.#streamTimeMs : random.pick(this.#seen);
    return Math.max(0, from + random.pick([0, 0, 0, 1, -1, this.span(), -this.span()]));
  }

  get streamTimeMs(): number {
    return this.#streamTimeMs;
  }
}

function record(draft: Draft, { key, timed, topic, value }: SourceTopic, ts: number): JsonObject {
  const { random } = draft;
  const nulls = draft.has('nulls');
  const k = nulls && random.chance(0.04) ? null : keyDatum(draft, key);
  const v = nulls && random.chance(0.12) ? null : valueDatum(draft, value, timed, ts);
  const headers: Json = random.pick<Json>([
    [['h', 'AQ==']],
    [
      ['h', 'AQ=='],
      ['h', 'AA=='],
    ],
    [['g', null]],
    [['', '']],
  ]);
  return { t: topic, k, v, ts, ...(draft.has('headers') && random.chance(0.1) ? { h: headers } : {}) };
}

function keyDatum({ random }: Draft, type: ValueType): Json {
  if (type === 'i64') return { i64: random.pick(['0', '1', '2', '-1', '9223372036854775807']) };
  if (type === 'bytes') return { b64: random.pick(['YQ==', 'Yg==', 'AAE=', '/w==']) };
  return random.weighted<string>([
    [6, 'a'],
    [4, 'b'],
    [2, 'c'],
    [1, 'z'],
    [0.2, ''],
    [0.2, 'é'],
    [0.2, 'a😀'],
    [0.2, 'ab'],
  ]);
}

function valueDatum({ random }: Draft, type: ValueType, timed: boolean, ts: number): Json {
  if (type === 'i64') return { i64: random.pick(['0', '1', '2', '3', '-7', '9223372036854775807']) };
  if (type === 'bytes') return { b64: random.pick(['YTE=', 'YjI=', 'AAE=', '']) };
  const text = random.chance(0.04) ? random.pick(['', 'é1', '😀', '7', '-3', 'a,b']) : random.pick(['a', 'b', 'c', 'z']) + random.int(0, 9);
  return timed ? `${text}@${random.chance(0.05) ? -1 : Math.max(0, ts + random.int(-3, 3))}` : text;
}

function read(draft: Draft, { key, name, shape }: DraftStore, times: Times): JsonObject {
  const { random } = draft;
  const asked = keyDatum(draft, typeof key === 'string' ? key : key.base);
  const ordered = (): readonly [Json, Json] => {
    const keys = ['a', 'b', 'c', 'z'];
    const from = random.int(0, 3);
    return [random.chance(0.2) ? null : (keys[from] ?? null), random.chance(0.2) ? null : (keys[random.int(from, 3)] ?? null)];
  };
  const isText = key === 'utf8';
  const from = times.asked();
  const to = random.chance(0.7) ? Math.max(from, times.streamTimeMs + times.span()) : Math.max(from, times.asked());
  const [op, args] = random.pick<readonly [string, readonly Json[]]>(
    {
      keyValue: [
        ['get', [asked]],
        ['all', []],
        ['reverseAll', []],
        ...(isText
          ? ([
              ['range', ordered()],
              ['reverseRange', ordered()],
              ['prefixScan', [random.pick(draft.has('empty-prefixes') ? ['a', 'b', ''] : ['a', 'b'])]],
            ] as const)
          : []),
      ],
      versioned: [
        ['get', [asked]],
        ['getAsOf', [asked, from]],
        ['getAsOf', [asked, to]],
      ],
      window: [
        ['fetchAt', [asked, from]],
        ['fetch', [asked, from, to]],
        ['backwardFetch', [asked, from, to]],
        ['fetchAll', [from, to]],
        ['all', []],
        ['backwardAll', []],
        ...(isText ? ([['fetchRange', [...ordered(), from, to]]] as const) : []),
      ],
      session: [
        ['fetch', [asked]],
        ['backwardFetch', [asked]],
        ['findSessions', [asked, from, to]],
        ['fetchSession', [asked, from, Math.max(from, times.asked())]],
        ...(isText ? ([['fetchRange', ordered()]] as const) : []),
      ],
    }[shape] as readonly (readonly [string, readonly Json[]])[],
  );
  return { read: name, op, args };
}
