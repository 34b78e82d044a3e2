/** Made-up windows of every kind. */
import type { JsonObject } from '#cases/json';
import type { Draft, WindowFacts } from './draft.ts';

export interface MadeUpWindow {
  readonly json: JsonObject;
  readonly facts: WindowFacts;
  /** As the type of a windowed key has it. */
  readonly type: number | 'session';
}

/** Undefined where no kind of window is switched on. */
export function madeUpWindow(draft: Draft): MadeUpWindow | undefined {
  const { random } = draft;
  const type = random.weighted([
    [draft.has('windows') ? 5 : 0, 'time'],
    [draft.has('windows') ? 3 : 0, 'sliding'],
    [draft.has('sessions') ? 4 : 0, 'session'],
    [draft.has('windows') ? 0.5 : 0, 'unlimited'],
  ] as const);
  if (draft.has('misfits') && random.chance(0.01)) return refused(draft);
  // Not given is no grace, which shows in nothing but the call.
  const graceMs = random.chance(0.2) ? undefined : draft.span(0, 0, 1, 2, 5, 30);
  const grace = graceMs === undefined ? {} : { grace: graceMs };
  const facts = (sizeMs: number, advanceMs = sizeMs): WindowFacts => ({ type, sizeMs, advanceMs, graceMs: graceMs ?? 0 });
  switch (type) {
    case 'time': {
      const size = draft.span(1, 2, 5, 10, 10, 50, 100);
      if (!random.chance(0.45)) return { json: { type, size, ...grace }, facts: facts(size), type: size };
      const advance = Math.max(1, Math.floor(size / random.pick([1, 2, 3, 4])) + random.pick([0, 0, 1]));
      const fitting = Math.min(size, advance);
      return { json: { type, size, advance: fitting, ...grace }, facts: facts(size, fitting), type: size };
    }
    case 'sliding': {
      const diff = draft.span(0, 1, 2, 5, 10, 10, 50, 100);
      return { json: { type, diff, ...grace }, facts: facts(diff), type: diff };
    }
    case 'session': {
      const gap = draft.span(0, 1, 2, 5, 10, 10, 50, 100);
      return { json: { type, gap, ...grace }, facts: facts(gap), type: 'session' };
    }
    case 'unlimited': {
      const start = random.chance(0.5) ? { start: draft.span(1, 10, 100) } : {};
      return {
        json: { type, ...start },
        facts: { type, sizeMs: Number.MAX_SAFE_INTEGER, advanceMs: Number.MAX_SAFE_INTEGER, graceMs: 0 },
        type: Number.MAX_SAFE_INTEGER,
      };
    }
  }
}

/** Windows that no builder takes. */
function refused({ random }: Draft): MadeUpWindow {
  const json = random.pick<JsonObject>([
    { type: 'time', size: 0 },
    { type: 'time', size: 5, advance: 6 },
    { type: 'time', size: 5, advance: 0 },
    { type: 'time', size: 5, grace: -1 },
    { type: 'sliding', diff: -1 },
    { type: 'sliding', diff: 5, grace: -1 },
  ]);
  return { json, facts: { type: 'time', sizeMs: 5, advanceMs: 5, graceMs: 0 }, type: 5 };
}
