/**
 * What every state engine must do, as tests. An engine of one's own passes them by calling `describeEngineConformance` in a test file.
 *
 * The suite speaks of behaviour only: byte order, snapshots, atomic batches, errors after close, reopening where the engine is durable. It closes
 * an engine more than once: closing a closed engine does nothing.
 */
import type { EngineRange } from '../engine.ts';
import { describeEngineModel } from './engine-model-conformance.ts';
import { describeEngineSizes } from './engine-size-conformance.ts';
import { bytes, codeOf, commit, type EngineConformanceOptions, hex, maybeHex, rows, withEngine } from './engine-steps.ts';
import type { TestTools } from './test-tools.ts';

export function describeEngineConformance(tools: TestTools, options: EngineConformanceOptions): void {
  tools.describe(`state engine: ${options.name}`, () => {
    describePoints(tools, options);
    describeRanges(tools, options);
    describeSnapshots(tools, options);
    describeBatches(tools, options);
    describeEnd(tools, options);
    describeEngineSizes(tools, options);
    describeEngineModel(tools, options);
  });
}

/** Keys in the order an engine must keep: each is below the next as unsigned bytes. */
const orderedKeys: readonly Uint8Array[] = [
  bytes(0),
  bytes(0, 0),
  bytes(0, 255),
  bytes(1),
  bytes('a'),
  bytes('a', 0),
  bytes('ab'),
  bytes('b'),
  bytes(0x7f),
  bytes(0x80),
  bytes(0x80, 0xff),
  bytes(0xc3, 0xa9),
  bytes(0xef, 0xbf, 0xbd),
  bytes(0xfe, 0xff),
  bytes(0xff),
  bytes(0xff, 0),
  bytes(0xff, 0xff),
  bytes(0xff, 0xff, 0xff),
];

function describePoints({ describe, it, expect }: TestTools, options: EngineConformanceOptions): void {
  describe('point reads', () => {
    it('finds what was put, and nothing else', () =>
      withEngine(options, async (engine) => {
        await commit(engine, (batch) => {
          orderedKeys.forEach((key, index) => batch.put(key, bytes(index)));
        });
        orderedKeys.forEach((key, index) => {
          expect(maybeHex(engine.get(key)), hex(key)).toBe(hex(bytes(index)));
        });
        expect(engine.get(bytes('absent'))).toBeUndefined();
        expect(engine.get(bytes(0, 0, 0))).toBeUndefined();
      }));

    it('tells an empty value from an absent one', () =>
      withEngine(options, async (engine) => {
        await commit(engine, (batch) => batch.put(bytes('empty'), bytes()));
        expect(maybeHex(engine.get(bytes('empty')))).toBe('');
        expect(engine.getMany([bytes('empty'), bytes('absent')]).map(maybeHex)).toEqual(['', undefined]);
        expect(rows(engine)).toEqual(['65 6d 70 74 79=']);
      }));

    it('answers many keys in the order of the question, repeats and absent ones included', () =>
      withEngine(options, async (engine) => {
        await commit(engine, (batch) => {
          batch.put(bytes('a'), bytes(1));
          batch.put(bytes('b'), bytes(2));
        });
        const answer = engine.getMany([bytes('b'), bytes('x'), bytes('a'), bytes('b')]);
        expect(answer.map(maybeHex)).toEqual(['02', undefined, '01', '02']);
        expect(engine.getMany([])).toEqual([]);
      }));

    it('holds nothing under the empty key, alone and among others', () =>
      withEngine(options, async (engine) => {
        await commit(engine, (batch) => batch.put(bytes('a'), bytes(1)));
        expect(engine.get(bytes())).toBeUndefined();
        expect(engine.getMany([bytes(), bytes('a'), bytes()]).map(maybeHex)).toEqual([undefined, '01', undefined]);
      }));

    it('copies what it is given and gives away what it returns', () =>
      withEngine(options, async (engine) => {
        const key = bytes('key');
        const value = bytes('value');
        const batch = engine.batch();
        batch.put(key, value);
        key.fill(0);
        value.fill(0);
        await batch.commit();
        const first = engine.get(bytes('key'));
        expect(maybeHex(first)).toBe(hex(bytes('value')));
        first?.fill(0);
        expect(maybeHex(engine.get(bytes('key')))).toBe(hex(bytes('value')));

        const iterator = engine.iterate({});
        iterator.next();
        const [seenKey, seenValue] = [iterator.key, iterator.value];
        iterator.next();
        iterator.close();
        await commit(engine, (next) => next.put(bytes('key'), bytes('other')));
        expect([hex(seenKey), hex(seenValue)]).toEqual([hex(bytes('key')), hex(bytes('value'))]);
      }));

    it('takes views into larger buffers', () =>
      withEngine(options, async (engine) => {
        const buffer = bytes('--keyvalue--');
        await commit(engine, (batch) => batch.put(buffer.subarray(2, 5), buffer.subarray(5, 10)));
        expect(maybeHex(engine.get(buffer.subarray(2, 5)))).toBe(hex(bytes('value')));
        expect(rows(engine, { gte: buffer.subarray(2, 5), lt: buffer.subarray(5, 10) })).toEqual([
          `${hex(bytes('key'))}=${hex(bytes('value'))}`,
        ]);
      }));
  });
}

function describeRanges({ describe, it, expect }: TestTools, options: EngineConformanceOptions): void {
  const keysBetween = (range: EngineRange): string[] => {
    const indexOf = (key: Uint8Array): number => orderedKeys.findIndex((candidate) => hex(candidate) === hex(key));
    const from = range.gte === undefined || range.gte.length === 0 ? 0 : indexOf(range.gte);
    const to = range.lt === undefined ? orderedKeys.length : range.lt.length === 0 ? 0 : indexOf(range.lt);
    const keys = orderedKeys.slice(from, Math.max(from, to)).map((key) => `${hex(key)}=`);
    return range.reverse === true ? keys.reverse() : keys;
  };
  const bounds: readonly (Uint8Array | undefined)[] = [undefined, bytes(), ...orderedKeys];

  describe('ranges', () => {
    it('keeps unsigned byte order between every pair of bounds, both ways', () =>
      withEngine(options, async (engine) => {
        await commit(engine, (batch) => {
          for (const key of [...orderedKeys].reverse()) batch.put(key, bytes());
        });
        for (const gte of bounds) {
          for (const lt of bounds) {
            for (const reverse of [false, true]) {
              const range = { gte, lt, reverse };
              expect(rows(engine, range), JSON.stringify({ gte: maybeHex(gte), lt: maybeHex(lt), reverse })).toEqual(keysBetween(range));
            }
          }
        }
      }));

    it('takes bounds that are no keys', () =>
      withEngine(options, async (engine) => {
        await commit(engine, (batch) => {
          for (const key of ['b', 'd', 'f']) batch.put(bytes(key), bytes());
        });
        const between = (gte: string, lt: string, reverse: boolean): string[] => rows(engine, { gte: bytes(gte), lt: bytes(lt), reverse });
        expect(between('a', 'c', false)).toEqual(['62=']);
        expect(between('a', 'g', true)).toEqual(['66=', '64=', '62=']);
        expect(between('c', 'e', true)).toEqual(['64=']);
        expect(between('c', 'd', false)).toEqual([]);
        expect(between('g', 'z', false)).toEqual([]);
        expect(between('A', 'B', true)).toEqual([]);
      }));

    it('reads an empty database', () =>
      withEngine(options, (engine) => {
        expect(rows(engine)).toEqual([]);
        expect(rows(engine, { reverse: true })).toEqual([]);
        expect(rows(engine, { gte: bytes('a'), lt: bytes('b') })).toEqual([]);
      }));

    it('has an entry only where next() returned true, and stays at the end', () =>
      withEngine(options, async (engine) => {
        await commit(engine, (batch) => batch.put(bytes('a'), bytes(1)));
        const iterator = engine.iterate({});
        expect(await codeOf(() => iterator.key)).toBe('MR_STATE_MISUSE');
        expect(iterator.next()).toBe(true);
        expect(hex(iterator.key)).toBe('61');
        expect(iterator.next()).toBe(false);
        expect(iterator.next()).toBe(false);
        expect(await codeOf(() => iterator.value)).toBe('MR_STATE_MISUSE');
        iterator.close();
        iterator.close();
        expect(await codeOf(() => iterator.next())).toBe('MR_STATE_CLOSED');
      }));
  });
}

function describeSnapshots({ describe, it, expect }: TestTools, options: EngineConformanceOptions): void {
  const all = (count: number): Uint8Array[] => Array.from({ length: count }, (_, index) => bytes('k', index >>> 8, index & 255));

  describe('snapshots', () => {
    for (const reverse of [false, true]) {
      it(`keeps an iterator as it was created, under puts and deletes around it (reverse: ${reverse})`, () =>
        withEngine(options, async (engine) => {
          const keys = all(3000);
          await commit(engine, (batch) => {
            for (const key of keys) batch.put(key, bytes(1));
          });
          const expected = rows(engine, { reverse });
          const untouched = engine.iterate({ reverse });
          const begun = engine.iterate({ reverse });
          const seen: string[] = [];
          for (let index = 0; index < 10 && begun.next(); index += 1) seen.push(`${hex(begun.key)}=${hex(begun.value)}`);
          await commit(engine, (batch) => {
            keys.forEach((key, index) => {
              if (index % 2 === 0) batch.delete(key);
              else batch.put(key, bytes(2));
              batch.put(bytes('k', 255, index >>> 8, index & 255), bytes(3));
            });
          });
          while (begun.next()) seen.push(`${hex(begun.key)}=${hex(begun.value)}`);
          const late: string[] = [];
          while (untouched.next()) late.push(`${hex(untouched.key)}=${hex(untouched.value)}`);
          begun.close();
          untouched.close();
          expect(seen).toEqual(expected);
          expect(late).toEqual(expected);
          expect(rows(engine).length).toBe(1500 + 3000);
        }));
    }

    it('serves iterators of several versions at once', () =>
      withEngine(options, async (engine) => {
        const iterators = [];
        for (let version = 0; version < 20; version += 1) {
          await commit(engine, (batch) => {
            batch.put(bytes('shared'), bytes(version));
            batch.put(bytes('v', version), bytes(version));
          });
          iterators.push(engine.iterate({}));
        }
        iterators.forEach((iterator, version) => {
          expect(iterator.next()).toBe(true);
          expect(hex(iterator.value)).toBe(hex(bytes(version)));
          let others = 0;
          while (iterator.next()) others += 1;
          expect(others).toBe(version + 1);
          iterator.close();
        });
      }));
  });
}

function describeBatches({ describe, it, expect }: TestTools, options: EngineConformanceOptions): void {
  describe('batches', () => {
    it('shows nothing before the commit and everything after it', () =>
      withEngine(options, async (engine) => {
        await commit(engine, (batch) => batch.put(bytes('old'), bytes(1)));
        const batch = engine.batch();
        batch.put(bytes('new'), bytes(2));
        batch.delete(bytes('old'));
        expect(batch.size).toBe(2);
        expect(rows(engine)).toEqual([`${hex(bytes('old'))}=01`]);
        await batch.commit();
        expect(rows(engine)).toEqual([`${hex(bytes('new'))}=02`]);
      }));

    it('lets the later write of a key win', () =>
      withEngine(options, async (engine) => {
        await commit(engine, (batch) => {
          batch.put(bytes('a'), bytes(1));
          batch.put(bytes('a'), bytes(2));
          batch.put(bytes('b'), bytes(1));
          batch.delete(bytes('b'));
          batch.delete(bytes('c'));
          batch.put(bytes('c'), bytes(3));
        });
        expect(rows(engine)).toEqual(['61=02', '63=03']);
      }));

    it('deletes a range of what is stored and of what the batch put before, not after', () =>
      withEngine(options, async (engine) => {
        await commit(engine, (batch) => {
          for (const key of ['a', 'b', 'c', 'd']) batch.put(bytes(key), bytes(1));
        });
        await commit(engine, (batch) => {
          batch.put(bytes('bb'), bytes(2));
          batch.put(bytes('d'), bytes(2));
          batch.deleteRange(bytes('b'), bytes('d'));
          batch.put(bytes('c'), bytes(3));
          batch.put(bytes('ba'), bytes(3));
          batch.deleteRange(bytes('ba'), bytes('bb'));
        });
        expect(rows(engine)).toEqual(['61=01', '63=03', '64=02']);
      }));

    it('deletes nothing for a range that is empty or upside down', () =>
      withEngine(options, async (engine) => {
        await commit(engine, (batch) => {
          for (const key of ['a', 'b', 'c']) batch.put(bytes(key), bytes());
        });
        await commit(engine, (batch) => {
          batch.deleteRange(bytes('b'), bytes('b'));
          batch.deleteRange(bytes('c'), bytes('a'));
          batch.deleteRange(bytes('x'), bytes('z'));
        });
        expect(rows(engine)).toEqual(['61=', '62=', '63=']);
        await commit(engine, (batch) => batch.deleteRange(bytes(), bytes('c')));
        expect(rows(engine)).toEqual(['63=']);
      }));

    it('commits an empty batch, and two batches in the order of their commits', () =>
      withEngine(options, async (engine) => {
        await commit(engine, () => {});
        const first = engine.batch();
        const second = engine.batch();
        first.put(bytes('a'), bytes(1));
        second.put(bytes('a'), bytes(2));
        await Promise.all([second.commit(), first.commit()]);
        expect(rows(engine)).toEqual(['61=01']);
      }));

    it('refuses empty keys and a batch that was committed', () =>
      withEngine(options, async (engine) => {
        const batch = engine.batch();
        expect(await codeOf(() => batch.put(bytes(), bytes(1)))).toBe('MR_STATE_MISUSE');
        expect(await codeOf(() => batch.delete(bytes()))).toBe('MR_STATE_MISUSE');
        batch.put(bytes('a'), bytes(1));
        await batch.commit();
        expect(await codeOf(() => batch.put(bytes('b'), bytes(1)))).toBe('MR_STATE_CLOSED');
        expect(await codeOf(() => batch.commit())).toBe('MR_STATE_CLOSED');
        expect(rows(engine)).toEqual(['61=01']);
      }));
  });
}

function describeEnd({ describe, it, expect }: TestTools, options: EngineConformanceOptions): void {
  describe('end', () => {
    it('answers every call after close with MR_STATE_CLOSED, also of iterators and batches left open', () =>
      withEngine(options, async (engine) => {
        await commit(engine, (batch) => batch.put(bytes('a'), bytes(1)));
        const [fresh, begun, batch, full] = [engine.iterate({}), engine.iterate({}), engine.batch(), engine.batch()];
        begun.next();
        full.put(bytes('b'), bytes(1));
        await engine.close();
        const calls: readonly [name: string, call: () => unknown][] = [
          ['get', () => engine.get(bytes('a'))],
          ['getMany', () => engine.getMany([bytes('a')])],
          ['getMany of nothing', () => engine.getMany([])],
          ['iterate', () => engine.iterate({})],
          ['batch', () => engine.batch()],
          ['statistics', () => engine.statistics()],
          ['iterator.next', () => fresh.next()],
          ['iterator.next, begun', () => begun.next()],
          ['batch.put', () => batch.put(bytes('a'), bytes(1))],
          ['batch.delete', () => batch.delete(bytes('a'))],
          ['batch.deleteRange', () => batch.deleteRange(bytes('a'), bytes('b'))],
          ['batch.commit', () => batch.commit()],
          ['batch.commit, full', () => full.commit()],
        ];
        for (const [name, call] of calls) expect(await codeOf(call), name).toBe('MR_STATE_CLOSED');
        fresh.close();
        begun.close();
        await engine.close();
      }));

    it('keeps what was committed over close and open, if it is durable', () =>
      withEngine(options, async (engine, reopen) => {
        await commit(engine, (batch) => {
          batch.put(bytes('kept'), bytes(1));
          batch.put(bytes('deleted'), bytes(1));
        });
        await commit(engine, (batch) => batch.delete(bytes('deleted')));
        engine.batch().put(bytes('never'), bytes(1));
        const durable = engine.durable;
        const next = await reopen();
        expect(rows(next)).toEqual(durable ? [`${hex(bytes('kept'))}=01`] : []);
      }));

    it('says what it is, and never promises where it says it is synchronous', () =>
      withEngine(options, async (engine) => {
        expect(engine.kind.length > 0).toBe(true);
        const batch = engine.batch();
        batch.put(bytes('a'), bytes(1));
        const committed = batch.commit();
        const size = engine.statistics().size;
        await committed;
        expect(size).toBeGreaterThanOrEqual(1);
        if (engine.synchronous) {
          expect(committed).toBeUndefined();
          expect(engine.close()).toBeUndefined();
        }
      }));
  });
}
