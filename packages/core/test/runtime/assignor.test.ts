import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AssignableMember, type AssignableTask, assignTasks } from '../../src/runtime/assignor.ts';

const member = (memberId: string, options: { previous?: string[]; positions?: Record<string, number> } = {}): AssignableMember => ({
  memberId,
  processId: `process-${memberId}`,
  previous: new Set(options.previous),
  positions: new Map(Object.entries(options.positions ?? {})),
});
const stateful = (...ids: string[]): AssignableTask[] => ids.map((id) => ({ id, stateful: true }));
const stateless = (...ids: string[]): AssignableTask[] => ids.map((id) => ({ id, stateful: false }));
const assign = (tasks: AssignableTask[], members: AssignableMember[]) => Object.fromEntries(assignTasks(tasks, members));

describe('assignTasks', () => {
  it('spreads tasks evenly, tasks with state by themselves', () => {
    const tasks = [...stateless('0_0', '0_1', '0_2', '0_3'), ...stateful('1_0', '1_1', '1_2', '1_3')];
    expect(assign(tasks, [member('a'), member('b')])).toEqual({ a: ['0_0', '0_2', '1_0', '1_2'], b: ['0_1', '0_3', '1_1', '1_3'] });
  });

  it('leaves tasks where they are when a member joins, as far as balance allows', () => {
    const before = [member('a', { previous: ['0_0', '0_1', '0_2'] }), member('b', { previous: ['0_3', '0_4', '0_5'] }), member('c')];
    expect(assign(stateful('0_0', '0_1', '0_2', '0_3', '0_4', '0_5'), before)).toEqual({
      a: ['0_0', '0_1'],
      b: ['0_3', '0_4'],
      c: ['0_2', '0_5'],
    });
  });

  it('gives the odd task to the member that has it', () => {
    expect(assign(stateful('0_0', '0_1', '0_2'), [member('a', { previous: ['0_2'] }), member('b', { previous: ['0_0', '0_1'] })])).toEqual({
      a: ['0_2'],
      b: ['0_0', '0_1'],
    });
  });

  it('gives a task without owner to the member whose state is least behind', () => {
    const members = [member('a', { positions: { '0_0': 10, '0_1': 99 } }), member('b', { positions: { '0_0': 11 } })];
    expect(assign(stateful('0_0', '0_1'), members)).toEqual({ a: ['0_1'], b: ['0_0'] });
  });

  it('prefers the previous owner to a member with more state', () => {
    expect(
      assign(stateful('0_0', '0_1'), [
        member('a', { previous: ['0_0'], positions: { '0_1': 5 } }),
        member('b', { positions: { '0_0': 1000 } }),
      ]),
    ).toEqual({ a: ['0_0'], b: ['0_1'] });
  });

  it('does not depend on the order of what it is given', () => {
    const members = [member('b', { previous: ['0_1'] }), member('a'), member('c', { positions: { '0_2': 4 } })];
    const tasks = stateful('0_3', '0_1', '0_2', '0_0');
    expect(assign([...tasks].reverse(), [...members].reverse())).toEqual(assign(tasks, members));
  });

  it('has nothing to say without members', () => {
    expect(assign(stateful('0_0'), [])).toEqual({});
  });

  const group = fc
    .record({
      members: fc.integer({ min: 1, max: 6 }),
      stateful: fc.integer({ min: 0, max: 15 }),
      stateless: fc.integer({ min: 0, max: 15 }),
    })
    .chain(({ members, ...counts }) => {
      const ids = [
        ...Array.from({ length: counts.stateless }, (_, p) => `0_${p}`),
        ...Array.from({ length: counts.stateful }, (_, p) => `1_${p}`),
      ];
      const tasks = ids.map((id) => ({ id, stateful: id.startsWith('1') }));
      return fc
        .array(
          fc.record({ previous: fc.subarray(ids), positions: fc.dictionary(fc.constantFrom(...ids, '9_9'), fc.nat(), { maxKeys: 8 }) }),
          { minLength: members, maxLength: members },
        )
        .map((given) => ({ tasks, members: given.map((one, index) => member(`m${index}`, one)) }));
    });

  it('law: every task has one owner, members differ by one task at most, in total and in tasks with state', () => {
    fc.assert(
      fc.property(group, ({ tasks, members }) => {
        const assignment = assignTasks(tasks, members);
        const given = [...assignment.values()].flat();
        expect([...given].sort()).toEqual(tasks.map((task) => task.id).sort());
        const spread = (sizes: number[]): number => Math.max(...sizes) - Math.min(...sizes);
        expect(spread([...assignment.values()].map((ids) => ids.length))).toBeLessThanOrEqual(1);
        expect(spread([...assignment.values()].map((ids) => ids.filter((id) => id.startsWith('1')).length))).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('law: asked again with its own answer, it moves nothing', () => {
    fc.assert(
      fc.property(group, ({ tasks, members }) => {
        const first = assignTasks(tasks, members);
        const again = members.map((one) => ({ ...one, previous: new Set(first.get(one.memberId)) }));
        expect(assignTasks(tasks, again)).toEqual(first);
      }),
    );
  });
});
