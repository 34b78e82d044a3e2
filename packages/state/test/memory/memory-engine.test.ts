import { describe, expect, it } from 'vitest';
import { describeEngineConformance } from '../../src/conformance/index.ts';
import { MemoryEngine } from '../../src/memory/index.ts';

describeEngineConformance(
  { describe, it, expect },
  { name: 'memory', createPlace: () => ({ open: () => new MemoryEngine(), dispose: () => {} }) },
);

describe('MemoryEngine', () => {
  it('counts keys and the bytes they hold', () => {
    const engine = new MemoryEngine();
    const write = (fill: (batch: ReturnType<MemoryEngine['batch']>) => void): void => {
      const batch = engine.batch();
      fill(batch);
      void batch.commit();
    };
    const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
    write((batch) => {
      batch.put(bytes('a'), bytes('12'));
      batch.put(bytes('b'), bytes('1'));
      batch.put(bytes('a'), bytes('12345'));
    });
    expect(Object.fromEntries(engine.statistics())).toEqual({ keys: 2, contentBytes: 8 });
    write((batch) => batch.delete(bytes('b')));
    expect(Object.fromEntries(engine.statistics())).toEqual({ keys: 1, contentBytes: 6 });
    write((batch) => batch.deleteRange(bytes('a'), bytes('z')));
    expect(Object.fromEntries(engine.statistics())).toEqual({ keys: 0, contentBytes: 0 });
  });
});
